/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_unpack_fours_s4.h"

/* A weight of 4 bits at a place in pairs as a byte. */
static uint32_t byte_of(uint32_t pairs, int32_t place) {
    const uint32_t nibble = pairs >> (4 * place) & 15;
    return ((nibble ^ 8) - 8) & 0xFF;
}

void tm_unpack_fours_s4(const uint8_t *packed, int32_t groups, int32_t taps, int32_t *words) {
    for (; groups > 0; --groups) {
        for (int32_t i = 0; i < 4; ++i, packed += 4) {
            __builtin_memcpy(words++, packed, 4);
        }
        for (int32_t i = 0; i < taps; ++i, packed += 2) {
            const uint32_t pairs = packed[0] | (uint32_t)packed[1] << 8;
            *words++ = (int32_t)(byte_of(pairs, 0) | byte_of(pairs, 1) << 8 |
                                 byte_of(pairs, 2) << 16 | byte_of(pairs, 3) << 24);
        }
    }
}
