/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_cumsum_s8.h"

#include "tm_requantize.h"

static void sum_up(const tm_cumsum_s8_params *p, const int8_t *in, int8_t *out) {
    const int32_t last = (p->length - 1) * p->inner;
    int32_t place = p->reverse ? last : 0, sum = 0;
    for (int32_t i = 0; i < p->length; ++i) {
        const int32_t x = in[place] * (1 << 19);
        const int32_t y = p->exclusive ? sum : sum + x;
        const int32_t z = tm_requantize(y, p->multiplier, p->shift) + p->output_zero_point;
        sum += x;
        out[place] = (int8_t)tm_clamp(z, -128, 127);
        place += p->reverse ? -p->inner : p->inner;
    }
}

void tm_cumsum_s8(const tm_cumsum_s8_params *p, const int8_t *in, int8_t *out) {
    for (int32_t i = 0; i < p->outer; ++i) {
        for (int32_t j = 0; j < p->inner; ++j) {
            sum_up(p, in + j, out + j);
        }
        in += p->length * p->inner;
        out += p->length * p->inner;
    }
}
