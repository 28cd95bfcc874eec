/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_average_pool_2d_s8.h"

#include "tm_requantize.h"
#include "tm_sums_of_eight.h"

/* How sums of count numbers are divided: sum / count is the upper half of 4 * sum * factor,
 * shifted. */
typedef struct {
    int32_t count, factor, shift;
} divider;

/* factor is 2^(30 + shift) / count, rounded up, with 2^shift from count to 2 * count: so it is
 * less than 2^31, and exact for what is less than 2^30, which 129 * count is. */
static divider divider_of(int32_t count) {
    divider d = {count, 0, 0};
    while ((1 << d.shift) < count) {
        ++d.shift;
    }
    d.factor = (int32_t)((((uint64_t)1 << (30 + d.shift)) + (uint32_t)count - 1) / (uint32_t)count);
    return d;
}

#ifdef __ARM_FEATURE_MVE

static int32x4_t averages_of_four(const tm_average_pool_2d_s8_params *p, const divider *d,
                                  int32x4_t sums) {
    const int32x4_t sign = vshrq_n_s32(sums, 31);
    int32x4_t x = vaddq_n_s32(vabsq_s32(sums), d->count / 2);
    x = vmulhq_s32(vshlq_n_s32(x, 2), vdupq_n_s32(d->factor));
    x = vsubq_s32(veorq_s32(vshlq_r_s32(x, -d->shift), sign), sign);
    x = vmaxq_s32(x, vdupq_n_s32(p->least));
    return vminq_s32(x, vdupq_n_s32(p->most));
}

static void write_averages(const tm_average_pool_2d_s8_params *p, const divider *d,
                           tm_sums_of_eight sums, int8_t *out, int32_t count) {
    sums.even = averages_of_four(p, d, sums.even);
    sums.odd = averages_of_four(p, d, sums.odd);
    tm_sums_write(sums, out, count);
}

#else

static void write_averages(const tm_average_pool_2d_s8_params *p, const divider *d,
                           tm_sums_of_eight sums, int8_t *out, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t sum = sums.each[i], all = (sum < 0 ? -sum : sum) + d->count / 2;
        const int32_t mean = (int32_t)((int64_t)(4 * all) * d->factor >> 32) >> d->shift;
        out[i] = (int8_t)tm_clamp(sum < 0 ? -mean : mean, p->least, p->most);
    }
}

#endif

static void one_pixel(const tm_average_pool_2d_s8_params *p, const tm_pool *pool, const divider *d,
                      int8_t *out) {
    const int32_t channels = p->window.in_c, row_step = p->window.in_w * channels;
    for (int32_t channel = 0; channel < channels; channel += TM_EIGHT) {
        const int32_t left = channels - channel, count = left < TM_EIGHT ? left : TM_EIGHT;
        tm_sums_of_eight sums = tm_sums_start(0);
        for (int32_t y = 0; y < pool->height; ++y) {
            const int8_t *const row = pool->first + channel + y * row_step;
            sums = tm_sums_add(sums, row, channels, pool->width, count);
        }
        write_averages(p, d, sums, out + channel, count);
    }
}

void tm_average_pool_2d_s8(const tm_average_pool_2d_s8_params *p, const int8_t *in, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w);
    divider d = divider_of(1);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, in, out);
        const tm_pool pool = tm_pool_at(w, at.in, at.y, at.x);
        const int32_t count = pool.height * pool.width;
        d = count == d.count ? d : divider_of(count);
        one_pixel(p, &pool, &d, at.out);
    }
}
