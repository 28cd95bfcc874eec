/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_s16.h"

#include "tm_rows_s16.h"

void tm_fully_connected_s16(const tm_fully_connected_s16_params *p, const int16_t *in,
                            const int8_t *weights, const int64_t *bias, const int32_t *multiplier,
                            const int8_t *shift, int16_t *out) {
    const tm_channels_s16 tables = {bias, multiplier, shift};
    for (int32_t n = 0; n < p->batches; ++n) {
        const int32_t batch = p->from_end ? p->batches - 1 - n : n;
        tm_multiply_rows_s16(&p->output, &tables, in + batch * p->in_len, weights, p->in_len,
                             p->out_len, out + batch * p->out_len);
    }
}
