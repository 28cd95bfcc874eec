/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FULLY_CONNECTED_S4_H
#define TM_FULLY_CONNECTED_S4_H

#include <stdint.h>

#include "tm_channels.h"

typedef struct {
    tm_output output;
    int32_t batches;
    int32_t in_len, out_len;
    int32_t weights_zero_point;
    int32_t from_end; /* 1: the last batch is the first */
} tm_fully_connected_s4_params;

/* in (batches, in_len), weights (out_len, in_len) of 4 bits (tm_rows_s4.h), bias, multiplier and
 * shift (out_len), out (batches, out_len). out may stand over in where a batch's outputs are over
 * inputs of batches that are done. */
void tm_fully_connected_s4(const tm_fully_connected_s4_params *p, const int8_t *in,
                           const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                           const int8_t *shift, int8_t *out);

#endif
