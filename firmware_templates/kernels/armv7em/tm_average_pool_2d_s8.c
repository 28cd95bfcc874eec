/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_average_pool_2d_s8.h"

#include "tm_four_sums.h"
#include "tm_pool_walk.h"
#include "tm_requantize.h"

/* What turns the sums of a pool into its outputs. */
typedef struct {
    int32_t count, half, least, most;
} divisor;

static inline int8_t average(divisor by, int32_t sum) {
    const int32_t mean = (sum > 0 ? sum + by.half : sum - by.half) / by.count;
    return (int8_t)tm_clamp(mean, by.least, by.most);
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

#ifndef __OPTIMIZE_SIZE__
static inline void one_four(const tm_window *w, const tm_pool *pool, divisor by, int32_t channel,
                            int8_t *out) {
    const int8_t *in = pool->first + channel;
    const int32_t width = pool->width, step = w->in_c, row_step = w->in_w * step;
    tm_four_sums sums = {0, 0, 0, 0};
    for (int32_t y = pool->height; y > 0; --y, in += row_step) {
        sums = tm_add_fours(sums, in, step, width);
    }
    out[channel] = average(by, sums.a);
    out[channel + 1] = average(by, sums.b);
    out[channel + 2] = average(by, sums.c);
    out[channel + 3] = average(by, sums.d);
}
#endif

void tm_average_pool_2d_s8(const tm_average_pool_2d_s8_params *p, const int8_t *in, int8_t *out) {
    const tm_window *const w = &p->window;
    tm_pool_walk walk = tm_first_pool(w, in, out);
    for (int32_t left = tm_pixel_count(w); left > 0; --left, tm_next_pool(&walk)) {
        const tm_pool pool = tm_pool_at(w, walk.at.in, walk.at.y, walk.at.x);
        const int32_t count = pool.height * pool.width;
        const divisor by = {count, count / 2, p->least, p->most};
        int32_t channel = 0;
#ifndef __OPTIMIZE_SIZE__
        for (; channel + 4 <= w->in_c; channel += 4) {
            one_four(w, &pool, by, channel, walk.at.out);
        }
#endif
        for (; channel < w->in_c; ++channel) {
            walk.at.out[channel] = average(by, sum_of_one(w, &pool, channel));
        }
    }
}
