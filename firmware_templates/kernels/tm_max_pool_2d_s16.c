/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_max_pool_2d_s16.h"

static void greatest(const tm_max_pool_2d_s16_params *p, const tm_pool *pool, int16_t *out) {
    const int32_t channels = p->window.in_c / 2, row_step = p->window.in_w * channels;
    for (int32_t channel = 0; channel < channels; ++channel) {
        const int16_t *row = (const int16_t *)(const void *)pool->first + channel;
        int32_t value = p->least;
        for (int32_t y = pool->height; y > 0; --y) {
            const int16_t *in = row;
            for (int32_t x = pool->width; x > 0; --x) {
                value = *in > value ? *in : value;
                in += channels;
            }
            row += row_step;
        }
        out[channel] = (int16_t)(value < p->most ? value : p->most);
    }
}

void tm_max_pool_2d_s16(const tm_max_pool_2d_s16_params *p, const int16_t *in, int16_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, (const int8_t *)in, (int8_t *)out);
        const tm_pool pool = tm_pool_at(w, at.in, at.y, at.x);
        greatest(p, &pool, (int16_t *)(void *)at.out);
    }
}
