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

static inline int32_t tm_softmax_most(const int8_t *in, uint32_t depth) {
    int32_t most = INT8_MIN;
    for (uint32_t i = 0; i < depth; ++i) {
        most = in[i] > most ? in[i] : most;
    }
    return most;
}

/* What an exp adds to a row's sum. */
static inline uint32_t tm_softmax_term(int32_t exp) {
    return ((uint32_t)exp + (1u << (TM_SOFTMAX_SUM_BITS - 1))) >> TM_SOFTMAX_SUM_BITS;
}

static inline tm_softmax_row tm_softmax_row_of(int32_t most, uint32_t sum) {
    tm_softmax_row row = {most, 0, TM_SOFTMAX_SUM_BITS};
    while (sum < 0x80000000u) {
        sum <<= 1;
        --row.whole;
    }
    row.inverse = tm_one_over_one_plus((int32_t)(sum - 0x80000000u));
    return row;
}

static inline tm_softmax_row tm_softmax_look(const int8_t *in, uint32_t depth, const int32_t *exp,
                                             uint32_t entries) {
    const int32_t most = tm_softmax_most(in, depth);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < depth; ++i) {
        sum += tm_softmax_term(tm_softmax_exp(most - in[i], exp, entries));
    }
    return tm_softmax_row_of(most, sum);
}

/* exp / sum in steps of 2^-bits. Shares of less than half a step are 0, also where the shift is
 * farther than 31 bits. */
static inline int32_t tm_softmax_share(const tm_softmax_row *row, int32_t exp, int32_t bits) {
    const int32_t shift = row->whole + 31 - bits;
    const int32_t value = tm_high_mul(row->inverse, exp);
    return shift > 31 ? 0 : tm_rounding_shift_right(value, shift);
}

#endif
