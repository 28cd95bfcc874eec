/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sigmoid_s16.h"

/* 1 / (1 + exp(-x)) for x >= 0 between two entries of table, with p.bits more bits. */
static int32_t magnitude(tm_sigmoid_s16_params p, const uint16_t *table, int32_t x) {
    const int32_t place = x >> p.bits, rest = x & ((1 << p.bits) - 1);
    if (place >= 255) {
        return p.is_tanh ? 0xFFFF << p.bits : 0xFFFE << p.bits;
    }
    return (table[place] << p.bits) + rest * (table[place + 1] - table[place]);
}

static int16_t value_of(tm_sigmoid_s16_params p, const uint16_t *table, int32_t number) {
    const int32_t half = p.shift > 0 ? (int32_t)1 << (p.shift - 1) : 0;
    const int32_t x = (number * p.multiplier + half) >> p.shift;
    const int32_t value = magnitude(p, table, x < 0 ? -x : x);
    if (p.is_tanh) {
        const int32_t centred = value - (1 << 23);
        return (int16_t)((x >= 0 ? centred + 128 : 127 - centred) >> 8);
    }
    return (int16_t)((x >= 0 ? value + 512 : (1 << 25) - value + 511) >> 10);
}

void tm_sigmoid_s16(const tm_sigmoid_s16_params *p, const int16_t *in, const uint16_t *table,
                    int16_t *out) {
    const tm_sigmoid_s16_params params = *p; /* out could be an alias of p, this cannot */
    for (uint32_t i = 0; i < params.elements; ++i) {
        out[i] = value_of(params, table, in[i]);
    }
}
