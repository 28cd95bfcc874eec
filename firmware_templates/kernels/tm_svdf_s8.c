/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_svdf_s8.h"

#include "tm_dot_s8.h"
#include "tm_remember.h"

/* What a filter sees in the input, as a number of the state. */
static int32_t look(const tm_svdf_s8_params *p, const int8_t *in, const int8_t *weights,
                    int32_t start) {
    tm_dot_s8(&start, in, weights, p->in_len);
    return tm_clamp(tm_requantize(start, p->state_multiplier, p->state_shift), -p->state_limit - 1,
                    p->state_limit) +
           p->state_zero_point;
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
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t unit = 0; unit < p->units; ++unit) {
            uint32_t sum = (uint32_t)bias[unit];
            for (int32_t filter = unit * p->rank; filter < (unit + 1) * p->rank; ++filter) {
                const int32_t newest =
                    look(p, in, features + filter * p->in_len, feature_bias[filter]);
                sum +=
                    remember(p, state, batch * p->units * p->rank + filter, times, filter, newest);
            }
            const int32_t scaled = tm_requantize((int32_t)sum, p->out_multiplier, p->out_shift);
            *out++ = (int8_t)tm_clamp(scaled + p->zero_point, INT8_MIN, INT8_MAX);
        }
        in += p->in_len;
    }
}
