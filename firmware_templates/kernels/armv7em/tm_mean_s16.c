/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mean_s16.h"

#include "tm_four_sums_s16.h"
#include "tm_requantize.h"

static int32_t sum_of_one(const tm_mean_s16_params *p, const int16_t *in) {
    int32_t sum = 0;
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            const int16_t *from = in + i * p->gone_step[0] + j * p->gone_step[1];
            for (int32_t k = p->gone[2]; k > 0; --k, from += p->gone_step[2]) {
                sum += *from;
            }
        }
    }
    return sum;
}

static tm_wide_sums sums_of_four(const tm_mean_s16_params *p, const int16_t *in) {
    tm_wide_sums sums = {0, 0, 0, 0};
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            const int16_t *const from = in + i * p->gone_step[0] + j * p->gone_step[1];
            sums = tm_add_wide(sums, (const int8_t *)from, 2 * p->gone_step[2], p->gone[2]);
        }
    }
    return sums;
}

/* The innermost axis that stays; returns where the next outputs go. */
static int16_t *one_row(const tm_mean_s16_params *p, const int16_t *in, int16_t *out) {
    for (int32_t left = p->kept[2]; left > 0;) {
        const int32_t count = p->kept_step[2] == 1 && left >= 4 ? 4 : 1;
        tm_wide_sums sums = {0, 0, 0, 0};
        if (count == 1) {
            sums.a = sum_of_one(p, in);
        } else {
            sums = sums_of_four(p, in);
        }
        const int32_t all[4] = {sums.a, sums.b, sums.c, sums.d};
        for (int32_t i = 0; i < count; ++i) {
            const int32_t mean = tm_requantize(all[i], p->multiplier, p->shift);
            *out++ = (int16_t)tm_clamp(mean, INT16_MIN, INT16_MAX);
        }
        in += count * p->kept_step[2];
        left -= count;
    }
    return out;
}

void tm_mean_s16(const tm_mean_s16_params *p, const int16_t *in, int16_t *out) {
    for (int32_t i = 0; i < p->kept[0]; ++i) {
        for (int32_t j = 0; j < p->kept[1]; ++j) {
            out = one_row(p, in + i * p->kept_step[0] + j * p->kept_step[1], out);
        }
    }
}
