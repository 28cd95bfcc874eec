/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_s4.h"

#include "tm_rows_s4.h"

void tm_fully_connected_s4(const tm_fully_connected_s4_params *p, const int8_t *in,
                           const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                           const int8_t *shift, int8_t *out) {
    const tm_channels tables = {bias, multiplier, shift};
    const int32_t step = p->from_end ? -1 : 1;
    if (p->from_end) {
        in += (p->batches - 1) * p->in_len;
        out += (p->batches - 1) * p->out_len;
    }
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        int32_t start = 0;
        if (p->weights_zero_point != 0) {
            for (int32_t i = 0; i < p->in_len; ++i) {
                start -= p->weights_zero_point * in[i];
            }
        }
        tm_multiply_rows_s4(&p->output, &tables, start, in, weights, p->in_len, p->out_len, out);
        in += step * p->in_len;
        out += step * p->out_len;
    }
}
