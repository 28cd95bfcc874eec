/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_dot_four_s8.S, for computers to run. */
#include "tm_dot_four_s8.h"

void tm_dot_four_s8(int32_t *sums, const int8_t *x, const int8_t *weights, int32_t length) {
    for (int32_t row = 0; row < 4; ++row) {
        uint32_t sum = (uint32_t)sums[row];
        for (int32_t i = 0; i < length; ++i) {
            sum += (uint32_t)(x[i] * *weights++);
        }
        sums[row] = (int32_t)sum;
    }
}
