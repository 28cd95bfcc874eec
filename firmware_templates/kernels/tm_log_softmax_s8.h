/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_LOG_SOFTMAX_S8_H
#define TM_LOG_SOFTMAX_S8_H

#include <stdint.h>

typedef struct {
    int32_t rows;
    int32_t depth;
    int32_t entries;                           /* of the table of exp */
    int32_t multiplier, shift;                 /* from a step of the input to Q5 */
    int32_t least_difference;                  /* to the maximum, that Q5 can hold */
    int32_t reverse_multiplier, reverse_shift; /* from Q5 to steps of the input */
} tm_log_softmax_s8_params;

/* in (rows, depth), exp (entries): exp(-i) in Q12, out (rows, depth) in steps of 1/16 down from
 * 127; out may be in. */
void tm_log_softmax_s8(const tm_log_softmax_s8_params *p, const int8_t *in, const int32_t *exp,
                       int8_t *out);

#endif
