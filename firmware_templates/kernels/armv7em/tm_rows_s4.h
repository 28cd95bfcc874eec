/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_multiply_rows of tm_channels.h for weights of 4 bits. */
#ifndef TM_ROWS_S4_H
#define TM_ROWS_S4_H

#include "tm_channels.h"
#include "tm_dot_two_s4.h"
#include "tm_nibbles.h"

/* in (length), weights (count, tm_row_bytes_s4(length)), tables and out (count). start is added to
 * each sum. Two rows at a time; the last one stands for two if it is alone. */
static inline void tm_multiply_rows_s4(const tm_output *o, const tm_channels *c, int32_t start,
                                       const int8_t *in, const int8_t *weights, int32_t length,
                                       int32_t count, int8_t *out) {
    const int32_t bytes = tm_row_bytes_s4(length), step = o->channel_step;
    for (int32_t row = 0; row < count; row += 2, weights += 2 * bytes) {
        const int32_t last = row + 1 < count ? row + 1 : row;
        int32_t sums[2] = {start + c->bias[row], start + c->bias[last]};
        tm_dot_two_s4(sums, in, weights, last > row ? bytes : 0, length);
        out[row] = tm_to_output(o, sums[0], c->multiplier[row * step], c->shift[row * step]);
        out[last] = tm_to_output(o, sums[1], c->multiplier[last * step], c->shift[last * step]);
    }
}

#endif
