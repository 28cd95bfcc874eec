/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_depthwise_3x3_s8.S, for computers to run. */
#include "tm_depthwise_3x3_s8.h"

#include "tm_scales.h"

static void four_channels(const tm_fours *t, const int8_t *const *rows, int32_t channel,
                          const int32_t *weights, const tm_channel *channels, int8_t *out) {
    for (int32_t i = 0; i < 4; ++i) {
        int32_t sum = channels[i].start;
        for (int32_t tap = 0; tap < 9; ++tap) {
            const int32_t weight = (int8_t)((uint32_t)weights[tap] >> (8 * i));
            sum += rows[tap / 3 * 4 + tap % 3][channel + i] * weight;
        }
        out[i] = tm_scaled_s8(sum, &channels[i], t->rounding);
    }
}

void tm_depthwise_3x3_s8(const tm_fours *t, const int8_t *const *rows, const int32_t *weights,
                         const tm_channel *channels, int8_t *out) {
    for (int32_t next = 0; next < t->last + 4; next += 4) {
        const int32_t channel = next < t->last ? next : t->last;
        if (t->out_step != 0) {
            four_channels(t, rows + 1, channel, weights, channels, out + t->out_step + channel);
        }
        four_channels(t, rows, channel, weights, channels, out + channel);
        weights += 9;
        channels += 4;
    }
}
