/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_QUANTIZE_S8_H
#define TM_QUANTIZE_S8_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    float scale;
    int32_t zero_point;
} tm_quantize_s8_params;

/* in (elements), out (elements). What is too large for int8 becomes its nearest, NaN the lowest. */
void tm_quantize_s8(const tm_quantize_s8_params *p, const float *in, int8_t *out);

#endif
