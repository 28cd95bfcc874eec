/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_FOUR_S8_H
#define TM_DOT_FOUR_S8_H

#include <stdint.h>

/* Adds to sums (4) the products of x (length) with each row of weights (4, length): 16 at a time,
 * the loop's tail by predication, so that nothing beside them is read. */
static inline void tm_dot_four_s8(int32_t *sums, const int8_t *x, const int8_t *weights,
                                  int32_t length) {
#ifdef __ARM_FEATURE_MVE
    int32_t a, b, c, d;
    const int8_t *w1, *w2, *w3;
    /* VMLADAV adds to an even register (constraint Te). The rows' places are computed and the sums
     * loaded and stored here: gcc would keep the places of all rows, and gather sums in a vector.
     */
    __asm volatile("add %[w1], %[w0], %[length]\n\t"
                   "add %[w2], %[w1], %[length]\n\t"
                   "add %[w3], %[w2], %[length]\n\t"
                   "ldrd %[a], %[b], [%[sums]]\n\t"
                   "ldrd %[c], %[d], [%[sums], #8]\n\t"
                   "wlstp.8 lr, %[length], 2f\n\t"
                   "1:\n\t"
                   "vldrb.s8 q0, [%[x]], #16\n\t"
                   "vldrb.s8 q1, [%[w0]], #16\n\t"
                   "vmladava.s8 %[a], q0, q1\n\t"
                   "vldrb.s8 q2, [%[w1]], #16\n\t"
                   "vmladava.s8 %[b], q0, q2\n\t"
                   "vldrb.s8 q1, [%[w2]], #16\n\t"
                   "vmladava.s8 %[c], q0, q1\n\t"
                   "vldrb.s8 q2, [%[w3]], #16\n\t"
                   "vmladava.s8 %[d], q0, q2\n\t"
                   "letp lr, 1b\n\t"
                   "2:\n\t"
                   "strd %[a], %[b], [%[sums]]\n\t"
                   "strd %[c], %[d], [%[sums], #8]"
                   : [a] "=&Te"(a), [b] "=&Te"(b), [c] "=&Te"(c), [d] "=&Te"(d), [x] "+r"(x),
                     [w0] "+r"(weights), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3)
                   : [length] "r"(length), [sums] "r"(sums)
                   : "lr", "d0", "d1", "d2", "d3", "d4", "d5", "memory");
#else
    const int8_t *w0 = weights, *w1 = w0 + length, *w2 = w1 + length, *w3 = w2 + length;
    for (int32_t i = 0; i < length; ++i) {
        sums[0] += x[i] * w0[i];
        sums[1] += x[i] * w1[i];
        sums[2] += x[i] * w2[i];
        sums[3] += x[i] * w3[i];
    }
#endif
}

#endif
