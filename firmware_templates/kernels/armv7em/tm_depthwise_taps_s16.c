/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_depthwise_taps_s16.S, for computers to run. */
#include "tm_depthwise_taps_s16.h"

#include "tm_requantize.h"

void tm_depthwise_taps_s16(const tm_fours_wide *f, const int8_t *const *at, const int32_t *table,
                           int8_t *out) {
    for (int32_t next = 0; next < f->last + 8; next += 8) {
        const int32_t place = next < f->last ? next : f->last;
        const int32_t *const weights = table + 4, *const multipliers = weights + f->taps;
        int16_t results[4];
        for (int32_t i = 0; i < 4; ++i) {
            int32_t sum = table[i];
            for (int32_t tap = 0; tap < f->taps; ++tap) {
                const int16_t *const x = (const int16_t *)(const void *)(at[tap] + place);
                sum += x[i] * (int8_t)((uint32_t)weights[tap] >> (8 * i));
            }
            const int32_t scaled = tm_high_word(sum, multipliers[i]);
            results[i] = (int16_t)tm_clamp(scaled, f->least == 0 ? 0 : INT16_MIN, INT16_MAX);
        }
        __builtin_memcpy(out + place, results, sizeof results);
        table = multipliers + 4;
    }
}
