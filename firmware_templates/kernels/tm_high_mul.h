/* SPDX-License-Identifier: Apache-2.0
 *
 * The upper part of a product of 64 bits. */
#ifndef TM_HIGH_MUL_H
#define TM_HIGH_MUL_H

#include <stdint.h>

/* Where many products are in code that shall be small, they are a function there. */
#ifndef TM_HIGH_MUL
#define TM_HIGH_MUL inline
#endif

/* x * y / 2^31 to the nearest, ties up; not for x = y = INT32_MIN. */
static TM_HIGH_MUL int32_t tm_high_mul(int32_t x, int32_t y) {
    return (int32_t)(((int64_t)x * y + ((int64_t)1 << 30)) >> 31);
}

#undef TM_HIGH_MUL

/* x * y / 2^32 to the nearest, ties up: tm_high_mul of half of x, in fewer instructions. */
static inline int32_t tm_high_word(int32_t x, int32_t y) {
    return (int32_t)(((int64_t)x * y + ((int64_t)1 << 31)) >> 32);
}

#endif
