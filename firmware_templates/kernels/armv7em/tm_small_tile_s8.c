/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_small_tile_s8.S, for computers to run. */
#include "tm_small_tile_s8.h"

#include "tm_scales.h"

/* acc and the products of two inputs, as SMLAD adds them: modulo 2^32. */
static uint32_t add_products(uint32_t acc, const int16_t *x, int32_t low, int32_t high) {
    return acc + (uint32_t)(x[0] * low) + (uint32_t)(x[1] * high);
}

/* The sum of one of some pairs' channels for one pixel. */
static int32_t sum_of(const tm_small_loop *t, const int16_t *x, const int32_t *weights,
                      const tm_channel *channels, int32_t pairs, int32_t channel) {
    const int32_t pair = channel / 2;
    const int32_t *word = weights + pair;
    uint32_t a = (uint32_t)channels[2 * pair].start;
    uint32_t mixed = ((uint32_t)channels[2 * pair + 1].start << 8) + a;
    for (int32_t i = 0; i < t->length; ++i, x += 4, word += pairs) {
        a = add_products(a, x, (int8_t)*word, (int8_t)(*word >> 16));
        mixed = add_products(mixed, x, (int16_t)*word, *word >> 16);
    }
    return channel % 2 ? (int32_t)(mixed - a) >> 8 : (int32_t)a;
}

void tm_small_tile_s8(const tm_small_loop *t, const int16_t *x, const int32_t *weights,
                      const tm_channel *channels, int8_t *out) {
    for (int32_t channel = 0; channel < t->out_count; ++channel) {
        const int32_t i = channel % 4, pairs = t->out_count - channel + i > 2 ? 2 : 1;
        for (int32_t pixel = 0; pixel < 2; ++pixel) {
            const int32_t sum = sum_of(t, x + 2 * pixel, weights, channels, pairs, i);
            out[pixel * t->out_step + channel] = tm_scaled_s8(sum, &channels[i], t->rounding);
        }
        weights += i == 3 ? 2 * t->length : 0;
        channels += i == 3 ? 4 : 0;
    }
}
