/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of four channels of int16 side by side. */
#ifndef TM_FOUR_SUMS_S16_H
#define TM_FOUR_SUMS_S16_H

#include <stdint.h>

typedef struct {
    int32_t a, b, c, d;
} tm_wide_sums;

/* Adds four numbers at each of count places, step bytes apart. */
static inline tm_wide_sums tm_add_wide(tm_wide_sums sums, const int8_t *in, int32_t step,
                                       int32_t count) {
    for (; count > 0; --count, in += step) {
#ifdef __ARM_FEATURE_DSP
        int32_t low, high;
        __builtin_memcpy(&low, in, sizeof low);
        __builtin_memcpy(&high, in + 4, sizeof high);
        sums.a += (int16_t)low;
        sums.b += low >> 16;
        sums.c += (int16_t)high;
        sums.d += high >> 16;
#else
        const int16_t *const x = (const int16_t *)(const void *)in;
        sums.a += x[0];
        sums.b += x[1];
        sums.c += x[2];
        sums.d += x[3];
#endif
    }
    return sums;
}

#endif
