/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_weighted_fours_s8.S, for computers to run. */
#include "tm_weighted_fours_s8.h"

#include "tm_requantize.h"

void tm_weighted_fours_s8(const tm_weighted *t, const int8_t *x, const int8_t *y, int8_t *out) {
    for (int32_t done = 0; done < t->count; done += 4, x += 4, y += t->y_step, out += 4) {
        int8_t results[4];
        for (int32_t i = 0; i < 4; ++i) {
            const int32_t sum =
                t->c + tm_weighted_product(t->a, x[i]) + tm_weighted_product(t->b, y[i]);
            results[i] = (int8_t)tm_clamp(sum >> TM_WEIGHTED_BITS, INT8_MIN, INT8_MAX);
        }
        for (int32_t i = 0; i < 4; ++i) {
            out[i] = results[i];
        }
    }
}
