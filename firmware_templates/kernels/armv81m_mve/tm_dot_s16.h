/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_S16_H
#define TM_DOT_S16_H

#include <stdint.h>

/* 32 bits hold the sum of so many products of int16 and int8, and it is a multiple of eight. */
enum { TM_PRODUCTS_S16 = 504 };

/* sum and the products of x (length) with weights (length): eight at a time, the loop's tail by
 * predication, so that nothing beside them is read. */
static inline int64_t tm_dot_s16(int64_t sum, const int16_t *x, const int8_t *weights,
                                 int32_t length) {
    while (length > 0) {
        const int32_t some = length < TM_PRODUCTS_S16 ? length : TM_PRODUCTS_S16;
        int32_t acc = 0;
#ifdef __ARM_FEATURE_MVE
        /* VMLADAV adds to an even register (constraint Te); loads that widen take a low one (l). */
        __asm volatile("wlstp.16 lr, %[some], 2f\n\t"
                       "1:\n\t"
                       "vldrh.u16 q0, [%[x]], #16\n\t"
                       "vldrb.s16 q1, [%[weights]], #8\n\t"
                       "vmladava.s16 %[acc], q0, q1\n\t"
                       "letp lr, 1b\n\t"
                       "2:"
                       : [acc] "+Te"(acc), [x] "+r"(x), [weights] "+l"(weights)
                       : [some] "r"(some)
                       : "lr", "d0", "d1", "d2", "d3", "memory");
#else
        for (int32_t i = 0; i < some; ++i) {
            acc += *x++ * *weights++;
        }
#endif
        sum += acc;
        length -= some;
    }
    return sum;
}

#endif
