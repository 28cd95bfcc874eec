/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_dot_four_s16.S, for computers to run. */
#include "tm_dot_four_s16.h"

void tm_dot_four_s16(int64_t *sums, const int16_t *x, const int8_t *weights, int32_t length) {
    for (int32_t row = 0; row < 4; ++row) {
        for (int32_t i = 0; i < length; ++i) {
            sums[row] += x[i] * *weights++;
        }
    }
}
