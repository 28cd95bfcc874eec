/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_layer_channels.h"

#include "tm_little.h"

TM_LITTLE void tm_layer_channels(const tm_packed_layer *packed, int32_t count,
                                 tm_channel *channels) {
    const tm_layer *const p = &packed->layer;
    const int32_t *words = packed->weights;
    const uint32_t start_bits = p->start_bits, more_bits = p->more_bits;
    const uint32_t mask = ((uint32_t)1 << more_bits) - 1;
    const uint8_t *const from = more_bits != 0 ? packed->more : (const uint8_t *)words;
    for (uint32_t place = 0; count > 0; --count, ++channels, place += more_bits) {
        const int32_t word = *words++;
        uint32_t rest;
        __builtin_memcpy(&rest, from + place / 8, sizeof rest);
        const uint32_t scale = (uint32_t)word << start_bits | (rest >> place % 8 & mask)
                                                                  << (start_bits - more_bits);
        channels->start = word >> (32 - start_bits);
        channels->multiplier = (int32_t)((uint32_t)1 << 30 | p->low | scale << p->shift_bits >> 2);
        channels->shift = (int32_t)(p->least_shift + (scale >> 1 >> (31 - p->shift_bits)));
    }
}
