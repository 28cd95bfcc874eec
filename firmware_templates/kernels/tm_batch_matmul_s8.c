/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_batch_matmul_s8.h"

#include "tm_requantize.h"

static inline int8_t to_output(const tm_batch_matmul_s8_params *p, int32_t sum) {
    const int32_t scaled = tm_requantize(sum, p->multiplier, p->shift);
    return (int8_t)tm_clamp(scaled + p->output_zero_point, -128, 127);
}

/* One row of the output, four columns at a time, so that each number of left is loaded once for
 * four products. What right's zero point adds is the same for all columns. */
static void one_row(const tm_batch_matmul_s8_params *p, const int8_t *left, const int8_t *right,
                    int8_t *out) {
    const int32_t depth = p->depth, left_step = p->left_step, right_step = p->right_step;
    const int32_t zero_point = p->left_zero_point, next = p->right_column_step;
    int32_t start = 0, column = 0;
    for (int32_t k = 0; k < depth; ++k) {
        start -= p->right_zero_point * (left[k * left_step] - zero_point);
    }
    for (; column + 4 <= p->columns; column += 4) {
        int32_t sum0 = start, sum1 = start, sum2 = start, sum3 = start;
        const int8_t *x = left, *w = right;
        for (int32_t k = depth; k > 0; --k) {
            const int32_t value = *x - zero_point;
            sum0 += value * w[0];
            sum1 += value * w[next];
            sum2 += value * w[2 * next];
            sum3 += value * w[3 * next];
            x += left_step;
            w += right_step;
        }
        out[0] = to_output(p, sum0);
        out[1] = to_output(p, sum1);
        out[2] = to_output(p, sum2);
        out[3] = to_output(p, sum3);
        out += 4;
        right += 4 * next;
    }
    for (; column < p->columns; ++column) {
        int32_t sum = start;
        for (int32_t k = 0; k < depth; ++k) {
            sum += (left[k * left_step] - zero_point) * right[k * right_step];
        }
        *out++ = to_output(p, sum);
        right += next;
    }
}

void tm_batch_matmul_s8(const tm_batch_matmul_s8_params *p, const int8_t *left, const int8_t *right,
                        int8_t *out) {
    const int32_t inner = p->batches[2], middle = p->batches[1];
    const int32_t batches = p->batches[0] * middle * inner;
    for (int32_t batch = 0; batch < batches; ++batch) {
        const int32_t place[3] = {batch / (middle * inner), batch / inner % middle, batch % inner};
        const int8_t *from = left, *with = right;
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
