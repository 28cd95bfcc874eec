/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_weave_s16.S, for computers to run. */
#include "tm_weave_s16.h"

void tm_weave_s16(const int8_t *const *rows, int32_t length, int16_t *x) {
    for (int32_t row = 0; row < 4; ++row) {
        const int16_t *const from = (const int16_t *)(const void *)rows[row];
        for (int32_t i = 0; i < length; i += 2) {
            x[4 * i + 2 * row] = from[i];
            x[4 * i + 2 * row + 1] = i + 1 < length ? from[i + 1] : (int16_t)0;
        }
    }
}
