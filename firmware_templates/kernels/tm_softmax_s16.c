/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_softmax_s16.h"

#include "tm_requantize.h"

/* table at place, which goes from -32768 to 32767, between two entries. */
static int32_t look_up(const int16_t *table, int32_t place) {
    const int16_t *const entry = table + 256 + (place >> 7);
    return entry[0] + (((entry[1] - entry[0]) * (place & 127) + 64) >> 7);
}

static int32_t greatest(const int16_t *in, uint32_t depth) {
    int32_t most = INT16_MIN;
    for (uint32_t i = 0; i < depth; ++i) {
        most = in[i] > most ? in[i] : most;
    }
    return most;
}

/* Puts exp of each number less the row's greatest into out, and returns their sum. */
static uint32_t exponentials(const tm_softmax_s16_params *p, const int16_t *in, const int16_t *exp,
                             int16_t *out) {
    const int32_t most = greatest(in, p->depth);
    const int32_t multiplier = p->multiplier, shift = p->shift;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < p->depth; ++i) {
        const int32_t place = tm_requantize(in[i] - most, multiplier, shift) + INT16_MAX;
        const int32_t value = look_up(exp, tm_clamp(place, INT16_MIN, INT16_MAX));
        out[i] = (int16_t)value;
        sum += (uint32_t)value;
    }
    return sum;
}

void tm_softmax_s16(const tm_softmax_s16_params *p, const int16_t *in, const int16_t *exp,
                    const int16_t *inverse, int16_t *out) {
    const uint32_t depth = p->depth;
    for (uint32_t row = 0; row < p->rows; ++row) {
        uint32_t sum = exponentials(p, in, exp, out);
        int32_t bits = 31; /* of the shares' shift, when the sum is shifted to 31 bits */
        for (; sum < 0x40000000u; sum <<= 1) {
            --bits;
        }
        const int32_t place = (int32_t)((sum + (1u << 13)) >> 14) - (1 << 15) - (1 << 16);
        const int32_t factor = look_up(inverse, tm_clamp(place, INT16_MIN, INT16_MAX));
        for (uint32_t i = 0; i < depth; ++i) {
            const int32_t share = (out[i] * factor + (int32_t)(1u << (bits - 2))) >> (bits - 1);
            out[i] = (int16_t)tm_clamp(share, 0, INT16_MAX);
        }
        in += depth;
        out += depth;
    }
}
