/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_depthwise_taps_s8.S, for computers to run. */
#include "tm_depthwise_taps_s8.h"

#include "tm_scales.h"

void tm_depthwise_taps_s8(const tm_fours *t, const int8_t *const *at, const int32_t *weights,
                          const tm_channel *channels, int8_t *out) {
    for (int32_t next = 0; next < t->last + 4; next += 4) {
        const int32_t channel = next < t->last ? next : t->last;
        int8_t results[4];
        for (int32_t i = 0; i < 4; ++i) {
            int32_t sum = channels[i].start;
            for (int32_t tap = 0; tap < t->taps; ++tap) {
                const int32_t weight = (int8_t)((uint32_t)weights[tap] >> (8 * i));
                sum += at[tap][channel + i] * weight;
            }
            results[i] = tm_scaled_s8(sum, &channels[i], t->rounding);
        }
        for (int32_t i = 0; i < 4; ++i) {
            out[channel + i] = results[i];
        }
        weights += t->taps;
        channels += 4;
    }
}
