/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FULLY_CONNECTED_PAIRS_S8_H
#define TM_FULLY_CONNECTED_PAIRS_S8_H

#include <stdint.h>

#include "tm_tile_s8.h"

typedef struct {
    tm_tile tile; /* out_step is the kernel's own */
    int32_t least, most;
    int32_t batches;
    int32_t in_len;
    int32_t from_end; /* 1: the last batches are the first */
} tm_fully_connected_pairs_s8_params;

/* in (batches, in_len), weights and scales as tm_tile_s8 has them, x (pairs, 4), some (4,
 * out_count) where two or three batches are left over by four, else NULL, out (batches, out_count).
 * Four batches at a time, and what is left over: all their inputs are read before their outputs are
 * written. */
void tm_fully_connected_pairs_s8(const tm_fully_connected_pairs_s8_params *p, const int8_t *in,
                                 const int32_t *weights, const uint8_t *scales, int32_t *x,
                                 int8_t *some, int8_t *out);

#endif
