/* SPDX-License-Identifier: Apache-2.0
 *
 * What the MUL kernels share: one product, rescaled as TFLM does it. */
#ifndef TM_MUL_H
#define TM_MUL_H

#include <stdint.h>

#include "tm_requantize.h"

typedef struct {
    uint32_t elements;
    int32_t left_zero_point;
    int32_t right_zero_point;
    int32_t multiplier;  /* Q31 */
    int32_t left_shift;  /* 1 to 14: one more than the scale's, as tm_high_word halves */
    int32_t right_shift; /* 0 to 31 */
    int32_t output_zero_point;
    int32_t least;
    int32_t most;
} tm_mul_params;

static inline int8_t tm_mul(tm_mul_params p, int32_t left, int32_t right) {
    const int32_t ties = p.right_shift > 0 ? -1 : 0;
    const int32_t half = (int32_t)((uint32_t)1 << p.right_shift >> 1);
    int32_t x = (left - p.left_zero_point) * (right - p.right_zero_point);
    x = tm_high_word(tm_shift_left(x, p.left_shift), p.multiplier);
    x = (x + half + ((x >> 31) & ties)) >> p.right_shift;
    return (int8_t)tm_clamp(x + p.output_zero_point, p.least, p.most);
}

#endif
