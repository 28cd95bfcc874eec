/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_FOUR_S8_H
#define TM_DOT_FOUR_S8_H

#include <stdint.h>

/* Adds to sums (4) the products of x (length) with each row of weights (4, length): 16 at a time,
 * the loop's tail by predication, so that nothing beside them is read. */
static inline void tm_dot_four_s8(int32_t *sums, const int8_t *x, const int8_t *weights,
                                  int32_t length) {
    const int8_t *w0 = weights, *w1 = w0 + length, *w2 = w1 + length, *w3 = w2 + length;
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
#ifdef __ARM_FEATURE_MVE
    /* VMLADAV adds to an even register (constraint Te). */
    __asm volatile("wlstp.8 lr, %[length], 2f\n\t"
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
                   "2:"
                   : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [x] "+r"(x),
                     [w0] "+r"(w0), [w1] "+r"(w1), [w2] "+r"(w2), [w3] "+r"(w3)
                   : [length] "r"(length)
                   : "lr", "d0", "d1", "d2", "d3", "d4", "d5", "memory");
#else
    for (int32_t i = 0; i < length; ++i) {
        a += x[i] * w0[i];
        b += x[i] * w1[i];
        c += x[i] * w2[i];
        d += x[i] * w3[i];
    }
#endif
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

#endif
