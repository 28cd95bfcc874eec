/* SPDX-License-Identifier: Apache-2.0
 *
 * From accumulators to int8 outputs, channel by channel: what convolutions and matrices share. */
#ifndef TM_CHANNELS_H
#define TM_CHANNELS_H

#include <stdint.h>

#include "tm_dot_four_s8.h"
#include "tm_dot_s8.h"
#include "tm_to_output.h"

/* in (length), weights (count, length), tables and out (count). start is added to each sum. Four
 * rows at a time, so that each input is loaded once for four products. */
static inline void tm_multiply_rows(const tm_output *o, const tm_channels *c, int32_t start,
                                    const int8_t *in, const int8_t *weights, int32_t length,
                                    int32_t count, int8_t *out) {
    const int32_t *bias = c->bias, *multiplier = c->multiplier;
    const int8_t *shift = c->shift;
    const int32_t step = o->channel_step;
    int32_t row = 0;
    for (; row + 4 <= count; row += 4) {
        int32_t sums[4] = {start + bias[0], start + bias[1], start + bias[2], start + bias[3]};
        tm_dot_four_s8(sums, in, weights, length);
        out[0] = tm_to_output(o, sums[0], multiplier[0], shift[0]);
        out[1] = tm_to_output(o, sums[1], multiplier[step], shift[step]);
        out[2] = tm_to_output(o, sums[2], multiplier[2 * step], shift[2 * step]);
        out[3] = tm_to_output(o, sums[3], multiplier[3 * step], shift[3 * step]);
        weights += 4 * length;
        bias += 4;
        multiplier += 4 * step;
        shift += 4 * step;
        out += 4;
    }
    for (; row < count; ++row) {
        int32_t acc = start + *bias++;
        tm_dot_s8(&acc, in, weights, length);
        *out++ = tm_to_output(o, acc, *multiplier, *shift);
        weights += length;
        multiplier += step;
        shift += step;
    }
}

#endif
