/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_widen_two_s8.S, for computers to run. */
#include "tm_widen_two_s8.h"

void tm_widen_two_s8(const int8_t *low, const int8_t *high, int32_t count, int32_t *x,
                     uint32_t twice) {
    const int32_t added = (int16_t)twice;
    for (int32_t i = 0; i < count; ++i) {
        const int32_t one = low[i] + added, other = high[i] + added;
        x[i] = (int32_t)((uint32_t)(one & 0xFFFF) | (uint32_t)other << 16);
    }
}
