/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_PRODUCT_FOURS_S8_H
#define TM_PRODUCT_FOURS_S8_H

#include <stdint.h>

/* Products of numbers less their zero points, times multiplier / 2^(31 + shift). */
typedef struct {
    int32_t x_offset, y_offset; /* less the zero points, in each half of the word */
    int32_t multiplier;         /* Q31 */
    int32_t rounding;           /* (2 * zero_point + 1) << (shift - 1), zero_point that of out */
    int32_t shift;              /* to the right, 1 to 22 */
    int32_t y_step;             /* 4, or 0: y (4) goes with all of x */
    int32_t count;              /* a multiple of four, four at the least */
} tm_product;

/* x (count), y (count), out (count), held within int8; out may be one of the others. */
void tm_product_fours_s8(const tm_product *t, const int8_t *x, const int8_t *y, int8_t *out);

#endif
