/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_small_multipliers.h"

static uint32_t multiplier_of(const tm_small *p, uint32_t number) {
    const uint64_t product =
        (uint64_t)number * p->scale_high + (uint32_t)((uint64_t)number * p->scale_low >> 32);
    const uint32_t high = (uint32_t)(product >> 32), low = (uint32_t)product;
    return high >> 31 != 0 ? (high + 1) >> 1 : high + (low >> 31);
}

void tm_small_multipliers(const tm_small *p, const int32_t *weights, int32_t words,
                          const uint16_t *scales, int32_t count, int32_t *multipliers) {
    for (int32_t left = count; left > 0; --left) {
        const uint32_t low = (uint32_t)*weights++ & 0x7f0u;
        *multipliers++ = (int32_t)multiplier_of(p, (0x10000u | *scales) << 15 | low << 4);
        scales += p->scale_step;
        if (((count - left) & 3) == 3) {
            weights += words;
        }
    }
}
