/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_FOUR_S8_H
#define TM_DOT_FOUR_S8_H

#include <stdint.h>

/* Adds to sums (4) the products of x (length) with each row of weights (4, length). */
static inline void tm_dot_four_s8(int32_t *sums, const int8_t *x, const int8_t *weights,
                                  int32_t length) {
    const int8_t *w0 = weights, *w1 = w0 + length, *w2 = w1 + length, *w3 = w2 + length;
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (const int8_t *const end = x + length; x != end;) {
        const int32_t value = *x++;
        a += value * *w0++;
        b += value * *w1++;
        c += value * *w2++;
        d += value * *w3++;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

#endif
