/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_BATCH_MATMUL_S8_H
#define TM_BATCH_MATMUL_S8_H

#include <stdint.h>

/* All steps are in elements; that of a dimension that broadcasts is 0. */
typedef struct {
    int32_t batches[3], left_batch_steps[3], right_batch_steps[3];
    int32_t rows, depth, columns;
    int32_t left_row_step, left_step;      /* to the next row, along a row */
    int32_t right_step, right_column_step; /* along a column, to the next column */
    int32_t left_zero_point, right_zero_point;
    int32_t multiplier, shift, output_zero_point;
} tm_batch_matmul_s8_params;

/* left (..., rows, depth), right (..., depth, columns), out (batches, rows, columns) */
void tm_batch_matmul_s8(const tm_batch_matmul_s8_params *p, const int8_t *left, const int8_t *right,
                        int8_t *out);

#endif
