/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_PRODUCT_TWOS_S16_H
#define TM_PRODUCT_TWOS_S16_H

#include <stdint.h>

/* A product is scaled by a multiplier, then to the right by shift bits, with rounding,
 * 1 << (shift - 1), added before. */
typedef struct {
    int32_t multiplier, rounding, shift;
} tm_product_wide;

/* The products of x and y (count), two at a time: count is even and not 0. shift is from 1 to 22.
 * Twice a product is held in 32 bits. */
void tm_product_twos_s16(const tm_product_wide *p, const int16_t *x, const int16_t *y,
                         int32_t count, int16_t *out);

#endif
