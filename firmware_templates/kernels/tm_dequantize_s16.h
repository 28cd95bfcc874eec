/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEQUANTIZE_S16_H
#define TM_DEQUANTIZE_S16_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    float scale;
    int32_t zero_point;
} tm_dequantize_s16_params;

/* in (elements), out (elements) */
void tm_dequantize_s16(const tm_dequantize_s16_params *p, const int16_t *in, float *out);

#endif
