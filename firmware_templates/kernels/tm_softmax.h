/* SPDX-License-Identifier: Apache-2.0
 *
 * What the softmax kernels share: a row's maximum, and 1 / sum of its exp in fixed point. */
#ifndef TM_SOFTMAX_H
#define TM_SOFTMAX_H

#include <stdint.h>

#include "tm_reciprocal.h"
#include "tm_requantize.h"

/* The sum of exp has 12 integer bits, and 19 for the fraction. */
#define TM_SOFTMAX_SUM_BITS 12

typedef struct {
    int32_t most;    /* the row's maximum */
    int32_t inverse; /* 2^whole / sum, in Q31 */
    int32_t whole;   /* how many integer bits the sum has */
} tm_softmax_row;

/* exp of a difference to the maximum, 0 to 255. */
static inline int32_t tm_softmax_exp(int32_t difference, const int32_t *exp, uint32_t entries) {
    return (uint32_t)difference < entries ? exp[difference] : 0;
}

static inline tm_softmax_row tm_softmax_look(const int8_t *in, uint32_t depth, const int32_t *exp,
                                             uint32_t entries) {
    tm_softmax_row row = {INT8_MIN, 0, TM_SOFTMAX_SUM_BITS};
    for (uint32_t i = 0; i < depth; ++i) {
        row.most = in[i] > row.most ? in[i] : row.most;
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < depth; ++i) {
        const uint32_t term = (uint32_t)tm_softmax_exp(row.most - in[i], exp, entries);
        sum += (term + (1u << (TM_SOFTMAX_SUM_BITS - 1))) >> TM_SOFTMAX_SUM_BITS;
    }
    while (sum < 0x80000000u) {
        sum <<= 1;
        --row.whole;
    }
    row.inverse = tm_one_over_one_plus((int32_t)(sum - 0x80000000u));
    return row;
}

/* exp / sum in steps of 2^-bits. Shares of less than half a step are 0, also where the shift is
 * farther than 31 bits. */
static inline int32_t tm_softmax_share(const tm_softmax_row *row, int32_t x, const int32_t *exp,
                                       uint32_t entries, int32_t bits) {
    const int32_t shift = row->whole + 31 - bits;
    const int32_t value = tm_high_mul(row->inverse, tm_softmax_exp(row->most - x, exp, entries));
    return shift > 31 ? 0 : tm_rounding_shift_right(value, shift);
}

#endif
