/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_average_pool_2d_s16.h"

#include "tm_four_sums_s16.h"
#include "tm_requantize.h"

static int32_t sum_of_one(const tm_window *w, const tm_pool *pool, const int8_t *row) {
    int32_t sum = 0;
    for (int32_t y = pool->height; y > 0; --y, row += w->in_w * w->in_c) {
        const int8_t *in = row;
        for (int32_t x = pool->width; x > 0; --x, in += w->in_c) {
            sum += *(const int16_t *)(const void *)in;
        }
    }
    return sum;
}

static void one_pixel(const tm_average_pool_2d_s16_params *p, const tm_pool *pool, int16_t *out) {
    const tm_window *const w = &p->window;
    const int32_t count = pool->height * pool->width, row_step = w->in_w * w->in_c;
    const int8_t *row = pool->first;
    for (int32_t left = w->in_c / 2; left > 0;) {
        const int32_t outputs = left < 4 ? 1 : 4;
        tm_wide_sums sums = {0, 0, 0, 0};
        if (outputs == 1) {
            sums.a = sum_of_one(w, pool, row);
        } else {
            const int8_t *in = row;
            for (int32_t y = pool->height; y > 0; --y, in += row_step) {
                sums = tm_add_wide(sums, in, w->in_c, pool->width);
            }
        }
        const int32_t all[4] = {sums.a, sums.b, sums.c, sums.d};
        for (int32_t i = 0; i < outputs; ++i) {
            const int32_t half = all[i] > 0 ? count / 2 : -(count / 2);
            *out++ = (int16_t)tm_clamp((all[i] + half) / count, p->least, p->most);
        }
        row += 2 * outputs;
        left -= outputs;
    }
}

void tm_average_pool_2d_s16(const tm_average_pool_2d_s16_params *p, const int16_t *in,
                            int16_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, (const int8_t *)in, (int8_t *)out);
        const tm_pool pool = tm_pool_at(w, at.in, at.y, at.x);
        one_pixel(p, &pool, (int16_t *)(void *)at.out);
    }
}
