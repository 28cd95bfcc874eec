/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_product_twos_s16.S, for computers to run. */
#include "tm_product_twos_s16.h"

#include "tm_requantize.h"

void tm_product_twos_s16(const tm_product_wide *p, const int16_t *x, const int16_t *y,
                         int32_t count, int16_t *out) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t product = x[i] * y[i];
        const int32_t twice = product == 1 << 30 ? INT32_MAX : 2 * product;
        const int32_t scaled =
            tm_rounding_shift_right(tm_high_word(twice, p->multiplier), p->shift);
        out[i] = (int16_t)tm_clamp(scaled, INT16_MIN, INT16_MAX);
    }
}
