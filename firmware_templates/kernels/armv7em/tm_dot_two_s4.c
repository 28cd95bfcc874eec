/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_dot_two_s4.S, for computers to run. */
#include "tm_dot_two_s4.h"

#include "tm_nibbles.h"

void tm_dot_two_s4(int32_t *sums, const int8_t *x, const int8_t *weights, int32_t row_bytes,
                   int32_t length) {
    for (int32_t row = 0; row < 2; ++row) {
        const int8_t *const from = weights + row * row_bytes;
        for (int32_t i = 0; i < length; ++i) {
            const int8_t pair = from[i / 2];
            sums[row] += x[i] * (i % 2 == 0 ? tm_low_s4(pair) : tm_high_s4(pair));
        }
    }
}
