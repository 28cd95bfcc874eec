/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_sum_twos_s16.S, for computers to run. */
#include "tm_sum_twos_s16.h"

#include "tm_requantize.h"

void tm_sum_twos_s16(const tm_sum_wide *s, const int16_t *x, const int16_t *y, int32_t count,
                     int16_t *out) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t scaled = tm_requantize(y[i] * (1 << 15), s->y_multiplier, -s->y_shift);
        const int32_t sum = tm_requantize(x[i] * (1 << 14) + scaled, s->multiplier, -s->shift);
        out[i] = (int16_t)tm_clamp(sum, INT16_MIN, INT16_MAX);
    }
}
