/* SPDX-License-Identifier: Apache-2.0
 *
 * The upper part of a product of 64 bits by four of 32: the core has no other, and the compiler's
 * library multiplies 64 bits by 64. */
#ifndef TM_HIGH_MUL_H
#define TM_HIGH_MUL_H

#include <stdint.h>

/* Where many products are in code that shall be small, they are a function there. */
#ifndef TM_HIGH_MUL
#define TM_HIGH_MUL inline
#endif

/* x * y / 2^16, rounded down, as two words: what it returns times 2^16 and, in rest, 16 bits. */
static inline int32_t tm_product_above(int32_t x, int32_t y, uint32_t *rest) {
    const int32_t x_high = x >> 16, y_high = y >> 16;
    const uint32_t x_low = (uint16_t)x, y_low = (uint16_t)y;
    const int32_t first = x_high * (int32_t)y_low + (int32_t)(x_low * y_low >> 16);
    const int32_t second = (int32_t)x_low * y_high + (uint16_t)first;
    *rest = (uint32_t)second;
    return x_high * y_high + (first >> 16) + (second >> 16);
}

/* x * y / 2^31 to the nearest, ties up; not for x = y = INT32_MIN. */
static TM_HIGH_MUL int32_t tm_high_mul(int32_t x, int32_t y) {
    uint32_t rest;
    const int32_t high = tm_product_above(x, y, &rest);
    return (int32_t)(((uint32_t)high << 1) + (((rest >> 14 & 3) + 1) >> 1));
}

#undef TM_HIGH_MUL

/* x * y / 2^32 to the nearest, ties up: tm_high_mul of half of x, in fewer instructions. */
static inline int32_t tm_high_word(int32_t x, int32_t y) {
    uint32_t rest;
    const int32_t high = tm_product_above(x, y, &rest);
    return high + (int32_t)(rest >> 15 & 1);
}

#endif
