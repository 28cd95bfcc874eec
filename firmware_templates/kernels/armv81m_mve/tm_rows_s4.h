/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_multiply_rows of tm_channels.h for weights of 4 bits. */
#ifndef TM_ROWS_S4_H
#define TM_ROWS_S4_H

#include "tm_channels.h"
#include "tm_dot_four_s4.h"
#include "tm_nibbles.h"

/* in (length), weights (count, tm_row_bytes_s4(length)), tables and out (count). start is added to
 * each sum. Four rows at a time. */
static inline void tm_multiply_rows_s4(const tm_output *o, const tm_channels *c, int32_t start,
                                       const int8_t *in, const int8_t *weights, int32_t length,
                                       int32_t count, int8_t *out) {
    const int32_t bytes = tm_row_bytes_s4(length);
    for (int32_t row = 0; row < count; row += 4, weights += 4 * bytes) {
        const int32_t rows = count - row < 4 ? count - row : 4;
        const tm_channels at = tm_channels_at(c, o, row);
        tm_four_rows_s4 r = tm_four_rows_s4_at(weights, bytes, rows, start);
        tm_dot_four_s4(&r, in, length);
        tm_four_outputs(o, &at, r.sum, rows, out + row);
    }
}

#endif
