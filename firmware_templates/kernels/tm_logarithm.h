/* SPDX-License-Identifier: Apache-2.0
 *
 * The natural logarithm in fixed point, as TFLM computes it. Qm has m integer bits and 31 - m for
 * the fraction. */
#ifndef TM_LOGARITHM_H
#define TM_LOGARITHM_H

#include <stdint.h>

#include "tm_reciprocal.h"
#include "tm_requantize.h"

/* How many zeros stand above x's highest bit; x above 0. */
static inline int32_t tm_leading_zeros(int32_t x) {
    int32_t zeros = 0;
    while (((uint32_t)x << zeros) < 0x80000000u) {
        ++zeros;
    }
    return zeros;
}

/* x * 2^bits, at most INT32_MAX; x from 0. */
static inline int32_t tm_saturating_shift_left(int32_t x, int32_t bits) {
    const int64_t wide = (int64_t)x << bits;
    return wide > INT32_MAX ? INT32_MAX : (int32_t)wide;
}

/* log(r) + log(2) / 4 in Q6, for r from 2^-0.5 to 1 in Q0: a fraction of polynomials around
 * 2^-0.25. */
static inline int32_t tm_log_fraction(int32_t r) {
    const int32_t middle = 1805811301; /* 2^-0.25 */
    const int32_t p = (int32_t)(((int64_t)r + middle + 1) >> 1);
    const int32_t q = (r - middle) * 2;
    const int32_t square = tm_high_mul(q, q);
    const int32_t numerator = tm_high_mul(q, r) + tm_high_mul(tm_high_mul(q, square), 117049297);
    const int32_t inner = 1057819769 + q + tm_high_mul(127690142, square);
    const int32_t denominator = tm_high_mul(p, inner) + tm_high_mul(638450708, q);
    return tm_high_mul(tm_rounding_shift_right(numerator, 6), tm_one_over_one_plus(denominator));
}

/* log(x) in Q5 for x from 1 in Q12. Of the two powers of two, whole and halved, by which x comes
 * between 2^-0.5 and 1, the one that leaves more is taken. */
static inline int32_t tm_log_q12(int32_t x) {
    const int32_t root_half = 1518500250;
    const int32_t quarter = (int32_t)1 << 23;
    const int32_t one = (int32_t)1 << 25;
    const int32_t zeros = tm_leading_zeros(x);
    const int32_t halved_zeros = tm_leading_zeros(tm_high_mul(x, root_half)) - 1;
    const int32_t power = (12 - zeros) * one + quarter;
    const int32_t halved_power = (12 - halved_zeros) * one - quarter;
    const int32_t rest =
        tm_saturating_shift_left(tm_high_mul(tm_shift_left(x, zeros - 1), root_half), 1);
    const int32_t halved_rest = tm_saturating_shift_left(x, halved_zeros);
    const int32_t log_2 = 1488522236;
    const int32_t whole = tm_high_mul(power > halved_power ? power : halved_power, log_2);
    return (whole + tm_log_fraction(rest < halved_rest ? rest : halved_rest)) * 2;
}

#endif
