/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_widen_s8.S, for computers to run. */
#include "tm_widen_s8.h"

static int32_t word_of(int32_t low, int32_t high) {
    return (int32_t)((uint32_t)(low & 0xFFFF) | (uint32_t)high << 16);
}

void tm_widen_s8(const int8_t *const *in, int32_t length, int32_t *x, uint32_t twice) {
    const int32_t added = (int16_t)twice;
    for (int32_t pixel = 0; pixel < 4; ++pixel) {
        const int8_t *from = in[pixel];
        int32_t *to = x + pixel;
        int32_t left = length;
        for (; left >= 4; left -= 4, from += 4, to += 8) {
            to[0] = word_of(from[0] + added, from[2] + added);
            to[4] = word_of(from[1] + added, from[3] + added);
        }
        if (left == 3) {
            to[0] = word_of(from[0] + added, from[2] + added);
            to[4] = word_of(from[1] + added, 0);
        } else if (left > 0) {
            to[0] = word_of(from[0] + added, left == 2 ? from[1] + added : 0);
        }
    }
}
