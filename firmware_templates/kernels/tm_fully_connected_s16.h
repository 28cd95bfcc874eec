/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FULLY_CONNECTED_S16_H
#define TM_FULLY_CONNECTED_S16_H

#include <stdint.h>

#include "tm_channels_s16.h"

typedef struct {
    tm_output_s16 output;
    int32_t batches, in_len, out_len;
    int32_t from_end; /* 1: the last batch comes first */
} tm_fully_connected_s16_params;

/* in (batches, in_len), weights (out_len, in_len), bias, multiplier and shift (out_len),
 * out (batches, out_len). A batch is finished before the next one begins. */
void tm_fully_connected_s16(const tm_fully_connected_s16_params *p, const int16_t *in,
                            const int8_t *weights, const int64_t *bias, const int32_t *multiplier,
                            const int8_t *shift, int16_t *out);

#endif
