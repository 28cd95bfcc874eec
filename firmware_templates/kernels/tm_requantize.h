/* SPDX-License-Identifier: Apache-2.0
 *
 * Products with a scale given as an integer: multiplier * 2^(shift - 31), a positive shift to the
 * left. Rounds twice, as TFLM does. Needs >> of a negative number to be arithmetic, which C99
 * leaves to the compiler and every compiler for our targets does. */
#ifndef TM_REQUANTIZE_H
#define TM_REQUANTIZE_H

#include <stdint.h>

#include "tm_high_mul.h"

/* x / 2^bits to the nearest, ties away from zero; bits from 1 to 31, x not INT32_MIN. */
static inline int32_t tm_rounding_shift_right(int32_t x, int32_t bits) {
    return (((x - (x < 0)) >> (bits - 1)) + 1) >> 1;
}

static inline int32_t tm_shift_left(int32_t x, int32_t bits) {
    return (int32_t)((uint32_t)x << bits);
}

/* x times the scale, as an int32; multiplier >= 0. */
static inline int32_t tm_requantize(int32_t x, int32_t multiplier, int32_t shift) {
    if (shift >= 0) {
        return tm_high_mul(tm_shift_left(x, shift), multiplier);
    }
    return tm_rounding_shift_right(tm_high_mul(x, multiplier), -shift);
}

/* x * multiplier / 2^bits to the nearest, ties up: how TFLM scales 64-bit sums, with a multiplier
 * of 15 bits. x within 47 bits, bits from 1 to 46, the result an int32. */
static inline int32_t tm_requantize_once(int64_t x, int32_t multiplier, int32_t bits) {
    if (x == (int32_t)x && bits >= 16 && bits <= 32) { /* the usual case, without 64-bit shifts */
        return tm_high_word((int32_t)x, multiplier << (32 - bits));
    }
    return (int32_t)((x * multiplier + ((int64_t)1 << (bits - 1))) >> bits);
}

static inline int32_t tm_clamp(int32_t x, int32_t least, int32_t most) {
    x = x < least ? least : x;
    return x > most ? most : x;
}

#endif
