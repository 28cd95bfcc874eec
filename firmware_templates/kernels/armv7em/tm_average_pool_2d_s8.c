/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_average_pool_2d_s8.h"

#include "tm_four_sums.h"
#include "tm_requantize.h"

static int8_t average(const tm_average_pool_2d_s8_params *p, int32_t sum, int32_t count) {
    const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    return (int8_t)tm_clamp(mean, p->least, p->most);
}

static int32_t sum_of_one(const tm_window *w, const tm_pool *pool, int32_t channel) {
    int32_t sum = 0;
    for (int32_t y = 0; y < pool->height; ++y) {
        const int8_t *in = pool->first + y * w->in_w * w->in_c + channel;
        for (int32_t x = pool->width; x > 0; --x, in += w->in_c) {
            sum += *in;
        }
    }
    return sum;
}

static void one_pixel(const tm_average_pool_2d_s8_params *p, const tm_pool *pool, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t count = pool->height * pool->width, row_step = w->in_w * w->in_c;
    for (int32_t channel = 0; channel < w->in_c;) {
#ifdef __OPTIMIZE_SIZE__
        const int32_t outputs = 1;
#else
        const int32_t outputs = w->in_c - channel < 4 ? 1 : 4;
#endif
        tm_four_sums sums = {0, 0, 0, 0};
        if (outputs == 1) {
            sums.a = sum_of_one(w, pool, channel);
        } else {
            const int8_t *in = pool->first + channel;
            for (int32_t y = pool->height; y > 0; --y, in += row_step) {
                sums = tm_add_fours(sums, in, w->in_c, pool->width);
            }
        }
        const int32_t all[4] = {sums.a, sums.b, sums.c, sums.d};
        for (int32_t i = 0; i < outputs; ++i, ++channel) {
            out[channel] = average(p, all[i], count);
        }
    }
}

void tm_average_pool_2d_s8(const tm_average_pool_2d_s8_params *p, const int8_t *in, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, in, out);
        const tm_pool pool = tm_pool_at(w, at.in, at.y, at.x);
        one_pixel(p, &pool, at.out);
    }
}
