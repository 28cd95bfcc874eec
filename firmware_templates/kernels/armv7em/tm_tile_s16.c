/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_tile_s16.S: the same layouts and sums, for computers to run. */
#include "tm_tile_s16.h"

#include "tm_requantize.h"

/* Byte number i of a word. */
static int32_t byte_of(int32_t word, int32_t i) { return (int8_t)((uint32_t)word >> (8 * i)); }

/* Channel a (0) or b (1) of a pixel. */
static int16_t one_output(const tm_tile_wide *t, const int16_t *x, const int32_t *table,
                          int32_t b) {
    const int32_t *const weights = table + 2;
    uint32_t sum = (uint32_t)table[b];
    for (int32_t i = 0; i < t->pairs; ++i) {
        sum += (uint32_t)(x[8 * i] * byte_of(weights[i], b));
        sum += (uint32_t)(x[8 * i + 1] * byte_of(weights[i], b + 2));
    }
    const int32_t scaled = tm_high_word((int32_t)sum, weights[t->pairs + b]);
    return (int16_t)tm_clamp(scaled, t->least == 0 ? 0 : INT16_MIN, INT16_MAX);
}

void tm_tile_s16(const tm_tile_wide *t, const int16_t *x, const int32_t *table, int16_t *out) {
    for (int32_t channel = 0; channel < t->out_count; ++channel) {
        for (int32_t pixel = 0; pixel < 4; ++pixel) {
            out[pixel * (t->out_step / 2) + channel] =
                one_output(t, x + 2 * pixel, table, channel & 1);
        }
        table += channel & 1 ? t->pairs + 4 : 0;
    }
}
