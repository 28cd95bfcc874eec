/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_dot_s8.S, for computers to run. */
#include "tm_dot_s8.h"

void tm_dot_s8(int32_t *sum, const int8_t *x, const int8_t *weights, int32_t length) {
    uint32_t acc = (uint32_t)*sum;
    for (int32_t i = 0; i < length; ++i) {
        acc += (uint32_t)(x[i] * weights[i]);
    }
    *sum = (int32_t)acc;
}
