/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_unpack_fours_s4.h"

/* A weight of 4 bits at a place in pairs as a byte. */
static uint32_t byte_of(uint32_t pairs, int32_t place) {
    const uint32_t nibble = pairs >> (4 * place) & 15;
    return ((nibble ^ 8) - 8) & 0xFF;
}

void tm_unpack_fours_s4(const int32_t *packed, int32_t before, int32_t count, int32_t *words) {
    for (int32_t left = before; left > 0; --left) {
        *words++ = *packed++;
    }
    const uint8_t *next = (const uint8_t *)packed;
    for (int32_t left = count; left > 0; --left, next += 2) {
        const uint32_t pairs = next[0] | (uint32_t)next[1] << 8;
        *words++ = (int32_t)(byte_of(pairs, 0) | byte_of(pairs, 1) << 8 | byte_of(pairs, 2) << 16 |
                             byte_of(pairs, 3) << 24);
    }
}
