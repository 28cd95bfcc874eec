/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_tile_s8.S: the same layouts and sums, for computers to run. */
#include "tm_tile_s8.h"

#include "tm_scales.h"

/* acc and the products of the halves of two words, as SMLAD adds them: modulo 2^32. */
static uint32_t add_products(uint32_t acc, int32_t x, int32_t low, int32_t high) {
    return acc + (uint32_t)((int16_t)x * low) + (uint32_t)((x >> 16) * high);
}

static void one_pixel(const tm_tile *t, const int32_t *x, const int32_t *weights,
                      const tm_channel *channels, int32_t count, int8_t *out) {
    uint32_t a = (uint32_t)channels[0].start, mixed = a + ((uint32_t)channels[1].start << 8);
    for (int32_t i = 0; i < t->pairs; ++i) {
        const int32_t word = weights[i];
        const int32_t inputs = t->is_3x3 ? x[i / 3 * 6 + 2 - i % 3] : x[4 * i];
        mixed = add_products(mixed, inputs, (int16_t)word, word >> 16);
        a = add_products(a, inputs, (int8_t)word, (int8_t)(word >> 16));
    }
    const int32_t sums[2] = {(int32_t)a, (int32_t)(mixed - a) >> 8};
    for (int32_t i = 0; i < count; ++i) {
        out[i] = tm_scaled_s8(sums[i], &channels[i], t->rounding);
    }
}

void tm_tile_s8(const tm_tile *t, const int32_t *x, const int32_t *weights,
                const tm_channel *channels, int8_t *out) {
    for (int32_t channel = 0; channel < t->out_count; channel += 2) {
        const int32_t left = t->out_count - channel;
        for (int32_t pixel = 0; pixel < 4; ++pixel) {
            one_pixel(t, x + pixel, weights, channels, left < 2 ? left : 2,
                      out + pixel * t->out_step + channel);
        }
        weights += t->pairs;
        channels += 2;
    }
}
