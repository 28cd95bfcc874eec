/* SPDX-License-Identifier: Apache-2.0
 *
 * From a sum to an int8 output without a product of 64 bits, in assembly, and the same in C.
 *
 * less is the shift to the right less one, rounding is 2 * zero_point + 1. Rounds twice, ties away
 * from zero the second time. Sums are within 30 bits. */
#ifndef TM_SCALED_S8_H
#define TM_SCALED_S8_H

#ifdef __ASSEMBLER__
/* clang-format off */

/* sum, a and b change. low and high are the halves of the multiplier, rounding can be a high register.
 *
 * A sum in its halves is 2^16 * h + l, l from -2^15. The product with 2^16 * high + low, over 2^31 and to
 * the nearest, is 2 * h * high + (h * low + l * high + (l * low >> 16) + 2^14 >> 15). */
    .macro scaled sum, low, high, less, rounding, a, b
    sxth \a, \sum
    subs \sum, \sum, \a
    asrs \sum, \sum, #16
    movs \b, \a
    muls \b, \low, \b
    asrs \b, \b, #16
    muls \a, \high, \a
    adds \a, \a, \b
    movs \b, \sum
    muls \b, \low, \b
    adds \a, \a, \b
    asrs \a, \a, #14
    adds \a, \a, #1
    asrs \a, \a, #1
    muls \sum, \high, \sum
    lsls \sum, \sum, #1
    adds \a, \a, \sum
    asrs \b, \a, #31
    adds \a, \a, \b
    asrs \a, \a, \less
    add \a, \rounding
    asrs \a, \a, #1
    sxtb \sum, \a
    cmp \sum, \a
    beq 1f
    movs \sum, #127
    asrs \a, \a, #31
    eors \sum, \sum, \a
1:
    .endm

/* clang-format on */
#else

#include <stdint.h>

#include "tm_requantize.h"

static inline int8_t tm_scaled_s8(int32_t sum, int32_t multiplier, int32_t less, int32_t rounding) {
    const int32_t high = tm_high_mul(sum, multiplier);
    const int32_t moved = (((high + (high >> 31)) >> less) + rounding) >> 1;
    return (int8_t)tm_clamp(moved, INT8_MIN, INT8_MAX);
}

/* What stands in a channel's word: what its sum starts with, less, and in the lowest bit a flag. */
enum { TM_START_AT = 6, TM_LESS_AT = 1, TM_LESS = 31 };

#endif
#endif
