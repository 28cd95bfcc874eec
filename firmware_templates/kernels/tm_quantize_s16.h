/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_QUANTIZE_S16_H
#define TM_QUANTIZE_S16_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    float scale;
    int32_t zero_point;
} tm_quantize_s16_params;

/* in (elements), out (elements). What is too large for int16 becomes its nearest, NaN the lowest.
 */
void tm_quantize_s16(const tm_quantize_s16_params *p, const float *in, int16_t *out);

#endif
