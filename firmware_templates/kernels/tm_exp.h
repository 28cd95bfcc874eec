/* SPDX-License-Identifier: Apache-2.0
 *
 * exp in fixed point, as TFLM computes it. */
#ifndef TM_EXP_H
#define TM_EXP_H

#include <stdint.h>

#include "tm_requantize.h"

/* exp(x) in Q31 for x from -1/4 up to 0 in Q31: four terms of the series around -1/8. */
static inline int32_t tm_exp_of_a_quarter(int32_t x) {
    const int32_t middle = 1895147668; /* exp(-1/8) */
    const int32_t third = 715827883;
    const int32_t y = x + ((int32_t)1 << 28), y2 = tm_high_mul(y, y), y3 = tm_high_mul(y2, y);
    const int32_t y4 = tm_rounding_shift_right(tm_high_mul(y2, y2), 2);
    const int32_t rest = tm_rounding_shift_right(tm_high_mul(y4 + y3, third) + y2, 1);
    return middle + tm_high_mul(middle, y + rest);
}

/* exp(x) in Q31 for x <= 0 in Q5, which has 26 bits of fraction; exp(0) is INT32_MAX. */
static inline int32_t tm_exp_q5(int32_t x) {
    /* exp(-2^k) for k from -2 to 4 */
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    const int32_t quarter = (int32_t)1 << 24;
    const int32_t low = (x & (quarter - 1)) - quarter;
    if (x == 0) {
        return INT32_MAX;
    }
    int32_t y = tm_exp_of_a_quarter(low * 32);
    uint32_t left = ((uint32_t)low - (uint32_t)x) >> 24;
    for (const int32_t *factor = factors; left != 0; left >>= 1, ++factor) {
        y = (left & 1) != 0 ? tm_high_mul(y, *factor) : y;
    }
    return y;
}

#endif
