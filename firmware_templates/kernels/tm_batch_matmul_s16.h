/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_BATCH_MATMUL_S16_H
#define TM_BATCH_MATMUL_S16_H

#include <stdint.h>

/* As in tm_batch_matmul_s8.h; all zero points are 0. */
typedef struct {
    int32_t batches[3], left_batch_steps[3], right_batch_steps[3];
    int32_t rows, depth, columns;
    int32_t left_row_step, left_step;
    int32_t right_step, right_column_step;
    int32_t multiplier, shift; /* of tm_requantize_once */
} tm_batch_matmul_s16_params;

/* left (..., rows, depth), right (..., depth, columns), out (batches, rows, columns) */
void tm_batch_matmul_s16(const tm_batch_matmul_s16_params *p, const int16_t *left,
                         const int16_t *right, int16_t *out);

#endif
