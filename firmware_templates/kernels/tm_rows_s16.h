/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_multiply_rows of tm_channels.h for inputs of 16 bits. */
#ifndef TM_ROWS_S16_H
#define TM_ROWS_S16_H

#include "tm_channels_s16.h"

/* in (length), weights (count, length), tables and out (count). Two rows at a time, so that each
 * input is loaded once for two products. */
static inline void tm_multiply_rows_s16(const tm_output_s16 *o, const tm_channels_s16 *c,
                                        const int16_t *in, const int8_t *weights, int32_t length,
                                        int32_t count, int16_t *out) {
    const int64_t *bias = c->bias;
    const int32_t *multiplier = c->multiplier;
    const int8_t *shift = c->shift;
    const int32_t step = o->channel_step;
    int32_t row = 0;
    for (; row + 2 <= count; row += 2) {
        const int8_t *w0 = weights, *w1 = w0 + length;
        const int16_t *x = in, *const end = in + length;
        int64_t acc0 = bias[0], acc1 = bias[1];
        while (x != end) {
            const int32_t value = *x++;
            acc0 += value * *w0++;
            acc1 += value * *w1++;
        }
        out[0] = tm_to_output_s16(o, acc0, multiplier[0], shift[0]);
        out[1] = tm_to_output_s16(o, acc1, multiplier[step], shift[step]);
        weights = w1;
        bias += 2;
        multiplier += 2 * step;
        shift += 2 * step;
        out += 2;
    }
    if (row < count) {
        int64_t acc = *bias;
        for (int32_t k = 0; k < length; ++k) {
            acc += in[k] * weights[k];
        }
        *out = tm_to_output_s16(o, acc, *multiplier, *shift);
    }
}

#endif
