/* SPDX-License-Identifier: Apache-2.0
 *
 * The same as the portable tm_channels.h, four outputs at a time by MVE. */
#ifndef TM_CHANNELS_H
#define TM_CHANNELS_H

#include <stdint.h>

#include "tm_dot_four_s8.h"
#include "tm_dot_s8.h"
#include "tm_four_outputs.h"
#include "tm_to_output.h"

/* in (length), weights (count, length), tables and out (count). start is added to each sum. The
 * last rows, fewer than four, are done one by one and scaled together. */
static inline void tm_multiply_rows(const tm_output *o, const tm_channels *c, int32_t start,
                                    const int8_t *in, const int8_t *weights, int32_t length,
                                    int32_t count, int8_t *out) {
    int32_t row = 0;
    for (; row + 4 <= count; row += 4) {
        int32_t sums[4] = {start, start, start, start};
        tm_dot_four_s8(sums, in, weights, length);
        const tm_channels at = tm_channels_at(c, o, row);
        tm_four_outputs(o, &at, sums, 4, out + row);
        weights += 4 * length;
    }
    if (row < count) {
        int32_t sums[4] = {start, start, start, start};
        for (int32_t i = 0; i < count - row; ++i) {
            tm_dot_s8(&sums[i], in, weights, length);
            weights += length;
        }
        const tm_channels at = tm_channels_at(c, o, row);
        tm_four_outputs(o, &at, sums, count - row, out + row);
    }
}

#endif
