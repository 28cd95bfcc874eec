/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEQUANTIZE_S8_H
#define TM_DEQUANTIZE_S8_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    float scale;
    int32_t zero_point;
} tm_dequantize_s8_params;

/* in (elements), out (elements) */
void tm_dequantize_s8(const tm_dequantize_s8_params *p, const int8_t *in, float *out);

#endif
