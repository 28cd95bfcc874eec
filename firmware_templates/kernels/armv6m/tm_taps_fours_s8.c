/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_taps_fours_s8.S, for computers to run. */
#include "tm_taps_fours_s8.h"

#include "tm_four_channels.h"

void tm_taps_fours_s8(const tm_taps_fours *t, const int8_t *const *at, const int32_t *weights,
                      int8_t *out) {
    const int32_t words = tm_words_of_four(t->taps, t->multiplier_step);
    for (int32_t group = 0; group < t->last + 4; group += 4, weights += words) {
        const int32_t first = group < t->last ? group : t->last;
        int32_t sums[4];
        for (int32_t i = 0; i < 4; ++i) {
            sums[i] = weights[i] >> TM_START_AT;
            for (int32_t tap = 0; tap < t->taps; ++tap) {
                sums[i] += at[tap][first + i] * tm_weight_of(weights, tap, i);
            }
        }
        for (int32_t i = 0; i < 4; ++i) {
            out[first + i] =
                tm_one_of_four(weights, i, sums[i], t->taps, t->multiplier_step, t->rounding);
        }
    }
}
