/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_svdf_s8.h"

#include "tm_dot_four_s8.h"
#include "tm_dot_s8.h"
#include "tm_remember.h"

/* What filters see in the input, from one to four of them. */
static void look(const tm_svdf_s8_params *p, const int8_t *in, const int8_t *weights,
                 const int32_t *start, int32_t count, int32_t *newest) {
    for (int32_t i = 0; i < count; ++i) {
        newest[i] = start[i];
    }
    if (count == 4) {
        tm_dot_four_s8(newest, in, weights, p->in_len);
    }
    for (int32_t i = 0; i < count; ++i, weights += p->in_len) {
        if (count < 4) {
            tm_dot_s8(&newest[i], in, weights, p->in_len);
        }
        newest[i] = tm_clamp(tm_requantize(newest[i], p->state_multiplier, p->state_shift),
                             -p->state_limit - 1, p->state_limit) +
                    p->state_zero_point;
    }
}

static uint32_t remember(const tm_svdf_s8_params *p, void *state, int32_t row, const void *times,
                         int32_t filter, int32_t newest) {
    const int32_t memory = p->memory;
    if (p->is_wide) {
        return tm_remember_s16((int16_t *)state + row * memory,
                               (const int16_t *)times + filter * memory, memory, newest);
    }
    return tm_remember_s8((int8_t *)state + row * memory, (const int8_t *)times + filter * memory,
                          memory, newest);
}

void tm_svdf_s8(const tm_svdf_s8_params *p, const int8_t *in, const int8_t *features,
                const int32_t *feature_bias, const void *times, const int32_t *bias, void *state,
                int8_t *out) {
    const int32_t filters = p->units * p->rank;
    for (int32_t batch = 0; batch < p->batches; ++batch, in += p->in_len) {
        int32_t newest[4];
        uint32_t sum = 0;
        const int32_t *next_bias = bias;
        for (int32_t filter = 0, of_unit = 0; filter < filters; ++filter) {
            const int32_t left = filters - filter;
            if (filter % 4 == 0) {
                look(p, in, features + filter * p->in_len, feature_bias + filter,
                     left < 4 ? left : 4, newest);
            }
            sum += remember(p, state, batch * filters + filter, times, filter, newest[filter % 4]);
            if (++of_unit == p->rank) {
                const int32_t scaled = tm_requantize((int32_t)(sum + (uint32_t)*next_bias++),
                                                     p->out_multiplier, p->out_shift);
                *out++ = (int8_t)tm_clamp(scaled + p->zero_point, INT8_MIN, INT8_MAX);
                of_unit = 0;
                sum = 0;
            }
        }
    }
}
