/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FULLY_CONNECTED_FOURS_S8_H
#define TM_FULLY_CONNECTED_FOURS_S8_H

#include "tm_row_fours_s8.h"

typedef struct {
    tm_row_fours row;
    int32_t least, most;
    int32_t batches;
    int32_t from_end; /* 1: the last batch is the first */
} tm_fully_connected_fours_s8_params;

/* in (batches, inputs), weights as tm_row_fours_s8 has them, out (batches, out_count). out may
 * stand over in where a batch's outputs are over inputs of batches that are done. */
void tm_fully_connected_fours_s8(const tm_fully_connected_fours_s8_params *p, const int8_t *in,
                                 const int32_t *weights, int8_t *out);

#endif
