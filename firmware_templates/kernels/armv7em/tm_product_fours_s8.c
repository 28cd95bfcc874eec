/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_product_fours_s8.S, for computers to run. */
#include "tm_product_fours_s8.h"

#include "tm_requantize.h"

void tm_product_fours_s8(const tm_product *t, const int8_t *x, const int8_t *y, int8_t *out) {
    for (int32_t done = 0; done < t->count; done += 4, x += 4, y += t->y_step, out += 4) {
        int8_t results[4];
        for (int32_t i = 0; i < 4; ++i) {
            const int32_t product = (x[i] + (int16_t)t->x_offset) * (y[i] + (int16_t)t->y_offset);
            const int32_t high = tm_high_mul(product, t->multiplier);
            const int32_t moved = (high + t->rounding + (product >> 31)) >> t->shift;
            results[i] = (int8_t)tm_clamp(moved, INT8_MIN, INT8_MAX);
        }
        for (int32_t i = 0; i < 4; ++i) {
            out[i] = results[i];
        }
    }
}
