/* SPDX-License-Identifier: Apache-2.0
 *
 * Four neighbouring bytes at a time: their sums, and the greatest of each. */
#ifndef TM_FOUR_SUMS_H
#define TM_FOUR_SUMS_H

#include <stdint.h>

typedef struct {
    int32_t a, b, c, d;
} tm_four_sums;

/* Adds the bytes at in, and at count - 1 places after it which are step apart. */
static inline tm_four_sums tm_add_fours(tm_four_sums sums, const int8_t *in, int32_t step,
                                        int32_t count) {
    for (; count > 0; --count, in += step) {
#ifdef __ARM_FEATURE_DSP
        uint32_t four;
        __builtin_memcpy(&four, in, sizeof four);
        __asm("sxtab %0, %0, %4\n\t"
              "sxtab %1, %1, %4, ror #8\n\t"
              "sxtab %2, %2, %4, ror #16\n\t"
              "sxtab %3, %3, %4, ror #24"
              : "+r"(sums.a), "+r"(sums.b), "+r"(sums.c), "+r"(sums.d)
              : "r"(four));
#else
        sums.a += in[0];
        sums.b += in[1];
        sums.c += in[2];
        sums.d += in[3];
#endif
    }
    return sums;
}

#endif
