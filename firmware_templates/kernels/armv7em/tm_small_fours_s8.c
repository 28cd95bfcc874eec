/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_small_fours_s8.S, for computers to run. */
#include "tm_small_fours_s8.h"

#include "tm_scales.h"

void tm_small_fours_s8(const tm_small_loop *t, const int8_t *const *at, const int32_t *weights,
                       const tm_channel *channels, int8_t *out) {
    for (int32_t next = 0; next < t->out_count; next += 4) {
        const int32_t last = t->out_count - 4, channel = next < last ? next : last;
        int8_t results[4];
        for (int32_t i = 0; i < 4; ++i) {
            int32_t sum = channels[i].start;
            for (int32_t tap = 0; tap < t->length; ++tap) {
                const int32_t weight = (int8_t)((uint32_t)weights[tap] >> (8 * i));
                sum += (at[tap][channel + i] + (int16_t)t->added) * weight;
            }
            results[i] = tm_scaled_s8(sum, &channels[i], t->rounding);
        }
        for (int32_t i = 0; i < 4; ++i) {
            out[channel + i] = results[i];
        }
        weights += t->length;
        channels += 4;
    }
}
