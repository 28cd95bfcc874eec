/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_widen_columns_s8.S, for computers to run. */
#include "tm_widen_columns_s8.h"

static int32_t word_of(int32_t low, int32_t high) {
    return (int32_t)((uint32_t)(low & 0xFFFF) | (uint32_t)high << 16);
}

void tm_widen_columns_s8(const int8_t *const *in, int32_t length, int32_t *x, uint32_t twice) {
    const int32_t added = (int16_t)twice;
    for (int32_t column = 0; column < 6; ++column) {
        const int8_t *from = in[column];
        int32_t *to = x + column;
        for (int32_t left = length; left > 0; left -= 4, from += 4, to += 12) {
            to[0] = word_of(from[0] + added, from[2] + added);
            to[6] = word_of(from[1] + added, from[3] + added);
        }
    }
}
