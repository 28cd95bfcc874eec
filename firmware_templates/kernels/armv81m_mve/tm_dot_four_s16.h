/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_FOUR_S16_H
#define TM_DOT_FOUR_S16_H

#include "tm_dot_s16.h"

/* sums (4) becomes the products of x (length, at most TM_PRODUCTS_S16) with four rows of weights
 * that begin row_step apart: eight at a time, the loop's tail by predication, so that nothing
 * beside them is read. */
static inline void tm_dots_of_four_s16(int32_t *sums, const int16_t *x, const int8_t *weights,
                                       int32_t row_step, int32_t length) {
    int32_t a = 0, b = 0, c = 0, d = 0;
#ifdef __ARM_FEATURE_MVE
    const int8_t *w1, *w2, *w3;
    /* As tm_dot_four_s8; loads that widen take a low register (constraint l). */
    __asm volatile("add %[w1], %[w0], %[row_step]\n\t"
                   "add %[w2], %[w1], %[row_step]\n\t"
                   "add %[w3], %[w2], %[row_step]\n\t"
                   "wlstp.16 lr, %[length], 2f\n\t"
                   "1:\n\t"
                   "vldrh.u16 q0, [%[x]], #16\n\t"
                   "vldrb.s16 q1, [%[w0]], #8\n\t"
                   "vmladava.s16 %[a], q0, q1\n\t"
                   "vldrb.s16 q2, [%[w1]], #8\n\t"
                   "vmladava.s16 %[b], q0, q2\n\t"
                   "vldrb.s16 q1, [%[w2]], #8\n\t"
                   "vmladava.s16 %[c], q0, q1\n\t"
                   "vldrb.s16 q2, [%[w3]], #8\n\t"
                   "vmladava.s16 %[d], q0, q2\n\t"
                   "letp lr, 1b\n\t"
                   "2:\n\t"
                   "strd %[a], %[b], [%[sums]]\n\t"
                   "strd %[c], %[d], [%[sums], #8]"
                   : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [x] "+r"(x),
                     [w0] "+l"(weights), [w1] "=&l"(w1), [w2] "=&l"(w2), [w3] "=&l"(w3)
                   : [length] "r"(length), [row_step] "r"(row_step), [sums] "r"(sums)
                   : "lr", "d0", "d1", "d2", "d3", "d4", "d5", "memory");
#else
    const int8_t *w0 = weights, *w1 = w0 + row_step, *w2 = w1 + row_step, *w3 = w2 + row_step;
    for (int32_t i = 0; i < length; ++i) {
        a += x[i] * w0[i];
        b += x[i] * w1[i];
        c += x[i] * w2[i];
        d += x[i] * w3[i];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
#endif
}

#endif
