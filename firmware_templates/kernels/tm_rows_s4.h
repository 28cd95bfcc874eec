/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_multiply_rows of tm_channels.h for weights of 4 bits. */
#ifndef TM_ROWS_S4_H
#define TM_ROWS_S4_H

#include "tm_channels.h"
#include "tm_nibbles.h"

/* The sum of one row: in (length), weights (length) in pairs, the first one in the low half; what
 * is over in the last byte is not read. */
static inline int32_t tm_row_sum_s4(int32_t acc, const int8_t *in, const int8_t *weights,
                                    int32_t length) {
    for (int32_t pairs = length / 2; pairs > 0; --pairs) {
        const int8_t pair = *weights++;
        acc += in[0] * tm_low_s4(pair) + in[1] * tm_high_s4(pair);
        in += 2;
    }
    return length % 2 != 0 ? acc + *in * tm_low_s4(*weights) : acc;
}

/* in (length), weights (count, tm_row_bytes_s4(length)), tables and out (count). start is added to
 * each sum. */
static inline void tm_multiply_rows_s4(const tm_output *o, const tm_channels *c, int32_t start,
                                       const int8_t *in, const int8_t *weights, int32_t length,
                                       int32_t count, int8_t *out) {
    const int32_t bytes = tm_row_bytes_s4(length), step = o->channel_step;
    for (int32_t row = 0; row < count; ++row) {
        const int32_t acc = tm_row_sum_s4(start + c->bias[row], in, weights, length);
        out[row] = tm_to_output(o, acc, c->multiplier[row * step], c->shift[row * step]);
        weights += bytes;
    }
}

#endif
