/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_batch_matmul_s16.h"

#include "tm_requantize.h"

/* One row of the output. */
static void one_row(const tm_batch_matmul_s16_params *p, const int16_t *left, const int16_t *right,
                    int16_t *out) {
    for (int32_t column = 0; column < p->columns; ++column) {
        const int16_t *x = left, *w = right + column * p->right_column_step;
        int64_t sum = 0;
        for (int32_t k = p->depth; k > 0; --k) {
            sum += (int64_t)*x * *w;
            x += p->left_step;
            w += p->right_step;
        }
        const int32_t scaled = tm_requantize_once(sum, p->multiplier, p->shift);
        out[column] = (int16_t)tm_clamp(scaled, INT16_MIN, INT16_MAX);
    }
}

void tm_batch_matmul_s16(const tm_batch_matmul_s16_params *p, const int16_t *left,
                         const int16_t *right, int16_t *out) {
    const int32_t inner = p->batches[2], middle = p->batches[1];
    const int32_t batches = p->batches[0] * middle * inner;
    for (int32_t batch = 0; batch < batches; ++batch) {
        const int32_t place[3] = {batch / (middle * inner), batch / inner % middle, batch % inner};
        const int16_t *from = left, *with = right;
        for (int32_t i = 0; i < 3; ++i) {
            from += place[i] * p->left_batch_steps[i];
            with += place[i] * p->right_batch_steps[i];
        }
        for (int32_t row = 0; row < p->rows; ++row) {
            one_row(p, from, with, out);
            from += p->left_row_step;
            out += p->columns;
        }
    }
}
