/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_multiply_rows of tm_channels.h for inputs of 16 bits. */
#ifndef TM_ROWS_S16_H
#define TM_ROWS_S16_H

#include "tm_channels_s16.h"
#include "tm_dot_four_s16.h"
#include "tm_dot_s16.h"
#include "tm_four_outputs_s16.h"

/* Four rows that are longer than what 32 bits can sum up. */
static inline void tm_four_long_rows_s16(const tm_output_s16 *o, const tm_channels_s16 *c,
                                         const int16_t *in, const int8_t *weights, int32_t length,
                                         int16_t *out) {
    int64_t sums[4] = {c->bias[0], c->bias[1], c->bias[2], c->bias[3]};
    for (int32_t done = 0; done < length; done += TM_PRODUCTS_S16) {
        const int32_t left = length - done;
        int32_t some[4];
        tm_dots_of_four_s16(some, in + done, weights + done, length,
                            left < TM_PRODUCTS_S16 ? left : TM_PRODUCTS_S16);
        for (int32_t i = 0; i < 4; ++i) {
            sums[i] += some[i];
        }
    }
    for (int32_t i = 0; i < 4; ++i) {
        const int32_t at = i * o->channel_step;
        out[i] = tm_to_output_s16(o, sums[i], c->multiplier[at], c->shift[at]);
    }
}

/* in (length), weights (count, length), tables and out (count). Four rows at a time. */
static inline void tm_multiply_rows_s16(const tm_output_s16 *o, const tm_channels_s16 *c,
                                        const int16_t *in, const int8_t *weights, int32_t length,
                                        int32_t count, int16_t *out) {
    int32_t row = 0;
    for (; row + 4 <= count; row += 4, weights += 4 * length) {
        const tm_channels_s16 at = tm_channels_s16_at(c, o, row);
        if (length <= TM_PRODUCTS_S16) {
            int32_t sums[4];
            tm_dots_of_four_s16(sums, in, weights, length, length);
            tm_four_outputs_s16(o, &at, sums, out + row);
        } else {
            tm_four_long_rows_s16(o, &at, in, weights, length, out + row);
        }
    }
    for (; row < count; ++row, weights += length) {
        const tm_channels_s16 at = tm_channels_s16_at(c, o, row);
        const int64_t sum = tm_dot_s16(*at.bias, in, weights, length);
        out[row] = tm_to_output_s16(o, sum, *at.multiplier, *at.shift);
    }
}

#endif
