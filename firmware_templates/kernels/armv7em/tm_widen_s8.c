/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_widen_s8.S, for computers to run. */
#include "tm_widen_s8.h"

static int32_t word_of(const int8_t *in, int32_t place, int32_t length) {
    const int32_t low = place < length ? in[place] : 0;
    const int32_t high = place + 2 < length ? in[place + 2] : 0;
    return (int32_t)((uint32_t)(low & 0xFFFF) | (uint32_t)high << 16);
}

void tm_widen_s8(const int8_t *in, int32_t step, int32_t length, int32_t *x) {
    for (int32_t place = 0; place < length; place += 4) {
        for (int32_t pixel = 0; pixel < 4; ++pixel) {
            x[pixel] = word_of(in + pixel * step, place, length);
            x[pixel + 4] = word_of(in + pixel * step, place + 1, length);
        }
        x += 8;
    }
}
