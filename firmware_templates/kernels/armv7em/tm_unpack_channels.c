/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_unpack_channels.h"

#include "tm_little.h"

TM_LITTLE const tm_channel *tm_unpack_channels(const tm_packed_layer *packed, int32_t count,
                                               tm_channel *room) {
    const tm_layer *const p = &packed->layer;
    const uint32_t start_bits = p->start_bits, more_bits = p->more_bits;
    const uint32_t mask = ((uint32_t)1 << more_bits) - 1;
    const int32_t *words = packed->weights - count;
    const uint8_t *const from = packed->channels;
    if (start_bits == 0) {
        return packed->channels;
    }
    tm_channel *to = room;
    for (uint32_t place = 0; count > 0; --count, ++to, place += more_bits) {
        const int32_t word = *words++;
        uint32_t rest;
        __builtin_memcpy(&rest, from + place / 8, sizeof rest);
        const uint32_t scale = (uint32_t)word << start_bits | (rest >> place % 8 & mask)
                                                                  << (start_bits - more_bits);
        to->start = word >> (32 - start_bits);
        to->multiplier = (int32_t)((uint32_t)1 << 30 | p->low | scale << p->shift_bits >> 2);
        to->shift = (int32_t)(p->least_shift + (scale >> 1 >> (31 - p->shift_bits)));
    }
    return room;
}
