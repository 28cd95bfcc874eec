/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_widen_columns_s8.S, for computers to run. */
#include "tm_widen_columns_s8.h"

void tm_widen_columns_s8(const int8_t *const *in, int32_t length, int32_t *x) {
    for (int32_t column = 0; column < 6; ++column) {
        const int8_t *from = in[column];
        int32_t *to = x + column;
        for (int32_t left = length; left > 0; left -= 4, from += 4, to += 12) {
            to[0] = (int32_t)((uint32_t)(from[0] & 0xFFFF) | (uint32_t)from[2] << 16);
            to[6] = (int32_t)((uint32_t)(from[1] & 0xFFFF) | (uint32_t)from[3] << 16);
        }
    }
}
