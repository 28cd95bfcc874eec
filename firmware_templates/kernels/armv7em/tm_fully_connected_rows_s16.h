/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FULLY_CONNECTED_ROWS_S16_H
#define TM_FULLY_CONNECTED_ROWS_S16_H

#include "tm_row_s16.h"

typedef struct {
    tm_row_wide row;
    int32_t most; /* the least output is the row's */
    int32_t batches;
    int32_t from_end; /* 1: the last batch comes first */
} tm_fully_connected_rows_s16_params;

/* in (batches, in_len), table: that of tm_row_s16, out (batches, out_len). A batch is finished
 * before the next one begins. */
void tm_fully_connected_rows_s16(const tm_fully_connected_rows_s16_params *p, const int16_t *in,
                                 const int32_t *table, int16_t *out);

#endif
