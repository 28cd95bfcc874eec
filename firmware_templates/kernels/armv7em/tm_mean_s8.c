/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mean_s8.h"

#include "tm_four_sums.h"
#include "tm_requantize.h"

static int8_t scaled(const tm_mean_s8_params *p, int32_t sum) {
    const int32_t mean = tm_requantize(sum, p->multiplier, p->shift) + p->zero_point;
    return (int8_t)tm_clamp(mean, -128, 127);
}

static int32_t sum_of_one(const tm_mean_s8_params *p, const int8_t *in) {
    int32_t sum = p->start;
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            const int8_t *from = in + i * p->gone_step[0] + j * p->gone_step[1];
            for (int32_t k = p->gone[2]; k > 0; --k) {
                sum += *from;
                from += p->gone_step[2];
            }
        }
    }
    return sum;
}

static void four_means(const tm_mean_s8_params *p, const int8_t *in, int8_t *out) {
    tm_four_sums sums = {p->start, p->start, p->start, p->start};
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            const int8_t *const from = in + i * p->gone_step[0] + j * p->gone_step[1];
            sums = tm_add_fours(sums, from, p->gone_step[2], p->gone[2]);
        }
    }
    out[0] = scaled(p, sums.a);
    out[1] = scaled(p, sums.b);
    out[2] = scaled(p, sums.c);
    out[3] = scaled(p, sums.d);
}

void tm_mean_s8(const tm_mean_s8_params *p, const int8_t *in, int8_t *out) {
    for (int32_t i = 0; i < p->kept[0]; ++i) {
        for (int32_t j = 0; j < p->kept[1]; ++j) {
            const int8_t *from = in + i * p->kept_step[0] + j * p->kept_step[1];
            int32_t k = 0;
            for (; p->kept_step[2] == 1 && k + 4 <= p->kept[2]; k += 4, from += 4, out += 4) {
                four_means(p, from, out);
            }
            for (; k < p->kept[2]; ++k, from += p->kept_step[2]) {
                *out++ = scaled(p, sum_of_one(p, from));
            }
        }
    }
}
