/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mean_s16.h"

#include "tm_requantize.h"

static int16_t mean_at(const tm_mean_s16_params *p, const int16_t *in) {
    int32_t sum = 0;
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            const int16_t *from = in + i * p->gone_step[0] + j * p->gone_step[1];
            for (int32_t k = p->gone[2]; k > 0; --k) {
                sum += *from;
                from += p->gone_step[2];
            }
        }
    }
    const int32_t mean = tm_requantize(sum, p->multiplier, p->shift);
    return (int16_t)tm_clamp(mean, INT16_MIN, INT16_MAX);
}

void tm_mean_s16(const tm_mean_s16_params *p, const int16_t *in, int16_t *out) {
    for (int32_t i = 0; i < p->kept[0]; ++i) {
        for (int32_t j = 0; j < p->kept[1]; ++j) {
            const int16_t *from = in + i * p->kept_step[0] + j * p->kept_step[1];
            for (int32_t k = 0; k < p->kept[2]; ++k) {
                *out++ = mean_at(p, from);
                from += p->kept_step[2];
            }
        }
    }
}
