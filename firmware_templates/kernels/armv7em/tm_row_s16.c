/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_row_s16.S: the same layouts and sums, for computers to run. */
#include "tm_row_s16.h"

#include "tm_requantize.h"

static int16_t output(const tm_row_wide *row, int64_t sum, int32_t multiplier) {
    const int32_t scaled = tm_high_word((int32_t)sum, multiplier);
    return (int16_t)tm_clamp(scaled, row->least == 0 ? 0 : INT16_MIN, INT16_MAX);
}

/* Channels a and b, if there are two; step is from a word of weights to the next. */
static void two_outputs(const tm_row_wide *row, const int16_t *x, const int32_t *weights,
                        int32_t step, int32_t start, const int32_t *end, int32_t count,
                        int16_t *out) {
    int64_t a = start, mixed = start;
    for (int32_t i = 0; i < row->in_len; ++i) {
        const int32_t word = weights[i / 2 * step], half = i % 2 ? word >> 16 : (int16_t)word;
        mixed += (int64_t)x[i] * half;
        a += x[i] * (int8_t)half;
    }
    out[0] = output(row, a, end[1]);
    if (count > 1) {
        out[1] = output(row, ((mixed - a) >> 8) + end[0], end[2]);
    }
}

void tm_row_s16(const tm_row_wide *row, const int16_t *x, const int32_t *table, int16_t *out) {
    const int32_t words = (row->in_len + 1) / 2;
    for (int32_t left = row->out_len; left > 0; left -= 4, out += 4) {
        const int32_t pairs = left > 2 ? 2 : 1;
        const int32_t *const weights = table + pairs, *const ends = weights + pairs * words;
        for (int32_t i = 0; i < pairs; ++i) {
            two_outputs(row, x, weights + i, pairs, table[i], ends + 3 * i, left - 2 * i,
                        out + 2 * i);
        }
        table = ends + 3 * pairs;
    }
}
