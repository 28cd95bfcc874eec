/* SPDX-License-Identifier: Apache-2.0
 *
 * The same as the portable tm_channels.h, sixteen or four outputs at a time by MVE. */
#ifndef TM_CHANNELS_H
#define TM_CHANNELS_H

#include <stdint.h>

#include "tm_dot_four_s8.h"
#include "tm_dot_s8.h"
#include "tm_sixteen.h"
#include "tm_to_output.h"

/* in (length), weights (count, length), tables and out (count), count at most 16. */
static inline void tm_multiply_some_rows(const tm_output *o, const tm_channels *c, int32_t start,
                                         const int8_t *in, const int8_t *weights, int32_t length,
                                         int32_t count, int8_t *out) {
    int32_t sums[TM_SIXTEEN], row = 0;
    tm_sixteen_start(sums, start);
    for (; row + 4 <= count; row += 4, weights += 4 * length) {
        tm_dot_four_s8(sums + row, in, weights, length);
    }
    for (; row < count; ++row, weights += length) {
        tm_dot_s8(&sums[row], in, weights, length);
    }
    tm_sixteen_any(o, c, sums, count, out);
}

/* in (length), weights (count, length), tables and out (count). start is added to each sum. */
static inline void tm_multiply_rows(const tm_output *o, const tm_channels *c, int32_t start,
                                    const int8_t *in, const int8_t *weights, int32_t length,
                                    int32_t count, int8_t *out) {
    tm_channels at = *c;
    tm_sixteen one;
    if (o->channel_step == 0 && count >= TM_SIXTEEN) {
        tm_sixteen_scale(&one, c);
        at.multiplier = one.multiplier;
        at.shift = one.shift;
    }
    for (; count > 0; count -= TM_SIXTEEN, out += TM_SIXTEEN) {
        const int32_t rows = count < TM_SIXTEEN ? count : TM_SIXTEEN;
        if (rows < TM_SIXTEEN || !tm_sixteen_is_right(at.shift)) {
            tm_multiply_some_rows(o, &at, start, in, weights, length, rows, out);
            weights += rows * length;
        } else {
            int32_t sums[TM_SIXTEEN];
            tm_sixteen_start(sums, start);
            for (int32_t i = 0; i < TM_SIXTEEN; i += 4) {
                tm_dot_four_s8(sums + i, in, weights, length);
                weights += 4 * length;
            }
            tm_sixteen_right(o, &at, sums, TM_SIXTEEN, out);
        }
        at = tm_channels_at(&at, o, TM_SIXTEEN);
    }
}

#endif
