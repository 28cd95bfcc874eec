/* SPDX-License-Identifier: Apache-2.0
 *
 * What the ADD kernels share. The operand of the larger scale is called big: TFLM's multiplier for
 * it is always one half, so that it only has to be shifted. Sums are in steps of 2 * big's scale /
 * 2^20. Multipliers are Q31, shifts to the right. */
#ifndef TM_ADD_H
#define TM_ADD_H

#include <stdint.h>

#include "tm_requantize.h"

typedef struct {
    uint32_t elements;
    int32_t big_zero_point;
    int32_t small_zero_point;
    int32_t small_multiplier; /* small's scale / (2 * big's) */
    int32_t small_shift;      /* 0 to 31 */
    int32_t output_multiplier;
    int32_t output_shift; /* 1 to 31 */
    int32_t output_zero_point;
    int32_t least;
    int32_t most;
} tm_add_params;

static inline int8_t tm_add(tm_add_params p, int32_t big, int32_t small) {
    const int32_t ties = p.small_shift > 0 ? -1 : 0;
    const int32_t small_half = (int32_t)((uint32_t)1 << p.small_shift >> 1);
    const int32_t half = (int32_t)1 << (p.output_shift - 1);
    int32_t x = tm_high_word((small - p.small_zero_point) * (1 << 21), p.small_multiplier);
    x = (x + small_half + ((x >> 31) & ties)) >> p.small_shift;
    x = tm_high_word((x + (big - p.big_zero_point) * (1 << 19)) * 2, p.output_multiplier);
    x = (x + half + (x >> 31)) >> p.output_shift;
    return (int8_t)tm_clamp(x + p.output_zero_point, p.least, p.most);
}

#endif
