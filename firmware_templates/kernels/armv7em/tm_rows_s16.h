/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_multiply_rows of tm_channels.h for inputs of 16 bits. */
#ifndef TM_ROWS_S16_H
#define TM_ROWS_S16_H

#include "tm_channels_s16.h"
#include "tm_dot_four_s16.h"
#include "tm_dot_s16.h"

/* in (length), weights (count, length), tables and out (count). Four rows at a time. */
static inline void tm_multiply_rows_s16(const tm_output_s16 *o, const tm_channels_s16 *c,
                                        const int16_t *in, const int8_t *weights, int32_t length,
                                        int32_t count, int16_t *out) {
    tm_channels_s16 at = *c;
    const int32_t step = o->channel_step;
    while (count > 0) {
        int64_t sums[4] = {at.bias[0]};
        const int32_t rows = count < 4 ? 1 : 4;
        if (rows == 1) {
            tm_dot_s16(sums, in, weights, length);
        } else {
            sums[1] = at.bias[1];
            sums[2] = at.bias[2];
            sums[3] = at.bias[3];
            tm_dot_four_s16(sums, in, weights, length);
        }
        for (int32_t i = 0; i < rows; ++i) {
            *out++ = tm_to_output_s16(o, sums[i], *at.multiplier, *at.shift);
            at.multiplier += step;
            at.shift += step;
        }
        at.bias += rows;
        weights += rows * length;
        count -= rows;
    }
}

#endif
