/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_packed_tile_s8.S, for computers to run: the same layouts and sums. */
#include "tm_packed_tile_s8.h"

#include "tm_scaled_s8.h"

/* The sums of two pixels, in order: x is that of the first input. */
static void sum_two(const int32_t *x, const int8_t *weights, int32_t count, int32_t span,
                    int32_t start, int32_t *sums) {
    uint32_t all = 0, upper = 0;
    for (int32_t i = 0; i < count; i += span) {
        uint32_t part = 0x8000u;
        for (int32_t j = i; j < i + span; ++j) {
            part += (uint32_t)x[2 * j] * (uint32_t)weights[j];
        }
        all += part - 0x8000u;
        upper += (uint32_t)((int32_t)part >> 16);
    }
    sums[0] = start + (int32_t)(all - (upper << 16));
    sums[1] = start + (int32_t)upper;
}

void tm_packed_tile_s8(const tm_packed_tile *t, const int32_t *x, const int32_t *weights,
                       int8_t *out) {
    for (int32_t channel = 0; channel < t->out_count; ++channel) {
        const int32_t word = weights[0], span = word & 1 ? 2 : 4;
        for (int32_t two = 0; two < 2; ++two) {
            int32_t sums[2];
            sum_two(x + two, (const int8_t *)(weights + 2), 4 * t->fours, span, word >> TM_START_AT,
                    sums);
            for (int32_t i = 0; i < 2; ++i) {
                out[(2 * two + i) * t->out_step + channel] =
                    tm_scaled_s8(sums[i], weights[1], word >> TM_LESS_AT & TM_LESS, t->rounding);
            }
        }
        weights += 2 + t->fours;
    }
}
