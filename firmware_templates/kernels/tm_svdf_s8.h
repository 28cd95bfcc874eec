/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SVDF_S8_H
#define TM_SVDF_S8_H

#include <stdint.h>

#include "tm_requantize.h"

/* The state and the time weights are int16, or int8 where is_wide is 0; state_limit is the greatest
 * of their numbers. A number that state_zero_point brings beyond them goes round. */
typedef struct {
    int32_t batches, in_len;
    int32_t units, rank, memory;
    int32_t is_wide, state_limit;
    int32_t state_multiplier, state_shift, state_zero_point;
    int32_t out_multiplier, out_shift, zero_point;
} tm_svdf_s8_params;

/* in (batches, in_len), features (units, rank, in_len), feature_bias (units, rank), which is what
 * the input's zero point adds, times (units, rank, memory), bias (units), less what
 * the state's zero point adds, state (batches, units,
 * rank, memory), which is kept for the next call, the oldest first, out (batches, units). Sums go
 * round at 32 bits. */
void tm_svdf_s8(const tm_svdf_s8_params *p, const int8_t *in, const int8_t *features,
                const int32_t *feature_bias, const void *times, const int32_t *bias, void *state,
                int8_t *out);

#endif
