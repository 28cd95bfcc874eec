/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_S8_H
#define TM_DOT_S8_H

#include <stdint.h>

/* Adds to sum the products of x (length) with weights (length): 16 at a time, the loop's tail by
 * predication, so that nothing beside them is read. */
static inline void tm_dot_s8(int32_t *sum, const int8_t *x, const int8_t *weights, int32_t length) {
    int32_t acc = *sum;
#ifdef __ARM_FEATURE_MVE
    /* VMLADAV adds to an even register (constraint Te). */
    __asm volatile("wlstp.8 lr, %[length], 2f\n\t"
                   "1:\n\t"
                   "vldrb.s8 q0, [%[x]], #16\n\t"
                   "vldrb.s8 q1, [%[weights]], #16\n\t"
                   "vmladava.s8 %[acc], q0, q1\n\t"
                   "letp lr, 1b\n\t"
                   "2:"
                   : [acc] "+Te"(acc), [x] "+r"(x), [weights] "+r"(weights)
                   : [length] "r"(length)
                   : "lr", "d0", "d1", "d2", "d3", "memory");
#else
    for (int32_t i = 0; i < length; ++i) {
        acc += x[i] * weights[i];
    }
#endif
    *sum = acc;
}

#endif
