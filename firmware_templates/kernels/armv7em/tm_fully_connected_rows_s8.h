/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FULLY_CONNECTED_ROWS_S8_H
#define TM_FULLY_CONNECTED_ROWS_S8_H

#include <stdint.h>

#include "tm_row_s8.h"

typedef struct {
    tm_row row;
    int32_t least, most;
    int32_t batches;
    int32_t from_end; /* 1: the last batch is the first */
} tm_fully_connected_rows_s8_params;

/* in (batches, inputs), weights and scales as tm_row_s8 has them, out (batches, out_count). out may
 * stand over in where a batch's outputs are over inputs of batches that are done. */
void tm_fully_connected_rows_s8(const tm_fully_connected_rows_s8_params *p, const int8_t *in,
                                const int32_t *weights, const int32_t *scales, int8_t *out);

#endif
