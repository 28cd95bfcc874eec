/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_WEIGHTED_FOURS_S8_H
#define TM_WEIGHTED_FOURS_S8_H

#include <stdint.h>

enum { TM_WEIGHTED_BITS = 20 };

/* c + a * x + b * y in steps of 2^-20 of the output: weights have eight bits more, and each product
 * is rounded down. No sum exceeds 32 bits. */
typedef struct {
    int32_t a, b, c;
    int32_t count;  /* a multiple of four, four at the least */
    int32_t y_step; /* 4, or 0: y (4) goes with all of x */
} tm_weighted;

static inline int32_t tm_weighted_product(int32_t weight, int32_t x) {
    return (int32_t)(((int64_t)weight * x) >> 8);
}

/* x (count), y (count), out (count), held within int8; out may be one of the others. */
void tm_weighted_fours_s8(const tm_weighted *t, const int8_t *x, const int8_t *y, int8_t *out);

#endif
