/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_row_fours_s8.S, for computers to run. */
#include "tm_row_fours_s8.h"

#include "tm_four_channels.h"

void tm_row_fours_s8(const tm_row_fours *t, const int8_t *in, const int32_t *weights, int8_t *out) {
    const int32_t words = tm_words_of_four(t->inputs, t->multiplier_step);
    for (int32_t channel = 0; channel < t->out_count; ++channel) {
        const int32_t *const table = weights + channel / 4 * words;
        int32_t sum = table[channel % 4] >> TM_START_AT;
        for (int32_t i = 0; i < t->inputs; ++i) {
            sum += in[i] * tm_weight_of(table, i, channel % 4);
        }
        out[channel] =
            tm_one_of_four(table, channel % 4, sum, t->inputs, t->multiplier_step, t->rounding);
    }
}
