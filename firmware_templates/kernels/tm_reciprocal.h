/* SPDX-License-Identifier: Apache-2.0
 *
 * A reciprocal in fixed point, as TFLM computes it. */
#ifndef TM_RECIPROCAL_H
#define TM_RECIPROCAL_H

#include <stdint.h>

#include "tm_requantize.h"

/* 1 / (1 + x) for x from 0 to 1, both in Q31: three steps of Newton and Raphson in Q29. */
static inline int32_t tm_one_over_one_plus(int32_t x) {
    const int32_t half = (int32_t)(((uint32_t)x + 0x80000000u) >> 1);
    const int32_t one = (int32_t)1 << 29;
    const int32_t start = 1515870810;  /* 48 / 17 */
    const int32_t slope = -1010580540; /* -32 / 17 */
    int32_t y = start + tm_high_mul(half, slope);
    for (int i = 0; i < 3; ++i) {
        y += tm_high_mul(y, one - tm_high_mul(half, y)) * 4;
    }
    return y >= ((int32_t)1 << 30) ? INT32_MAX : y * 2;
}

#endif
