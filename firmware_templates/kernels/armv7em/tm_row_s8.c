/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_row_s8.S, for computers to run. */
#include "tm_row_s8.h"

#include "tm_requantize.h"

static int8_t scaled(int32_t sum, int32_t multiplier, int32_t added, int32_t less) {
    const int32_t high = tm_high_mul(sum, multiplier);
    const int32_t moved = (high + (high >> 31) + added) >> less >> 1;
    return (int8_t)tm_clamp(moved, INT8_MIN, INT8_MAX);
}

/* A pair whose starts and words are at weights, step words apart from those of the next inputs. */
static void one_pair(const tm_row *t, const int8_t *in, const int32_t *starts,
                     const int32_t *weights, int32_t step, const int32_t *scales, int32_t count,
                     int8_t *out) {
    uint32_t a = (uint32_t)starts[0], mixed = (uint32_t)starts[1];
    for (int32_t i = 0; i < 4 * t->fours + t->rest; ++i) {
        const int32_t word = weights[i / 4 * step + (i & 1)];
        const int32_t half = (i & 2) ? word >> 16 : (int16_t)word;
        a += (uint32_t)(in[i] * (int8_t)half);
        mixed += (uint32_t)(in[i] * half);
    }
    const int32_t b = (int32_t)(mixed - a) >> 8;
    const int8_t results[2] = {scaled((int32_t)a, scales[0], scales[1], scales[4] & 0xFF),
                               scaled(b, scales[2], scales[3], scales[4] >> 8)};
    for (int32_t i = 0; i < count; ++i) {
        out[i] = results[i];
    }
}

void tm_row_s8(const tm_row *t, const int8_t *in, const int32_t *weights, const int32_t *scales,
               int8_t *out) {
    const int32_t fours = t->fours + (t->rest > 0);
    for (int32_t channel = 0; channel < t->out_count;) {
        const int32_t left = t->out_count - channel, pairs = left < 8 ? 1 : 4;
        for (int32_t i = 0; i < pairs; ++i) {
            one_pair(t, in, weights + 2 * i, weights + 2 * (pairs + i), 2 * pairs, scales,
                     left < 2 ? left : 2, out + channel + 2 * i);
            scales += t->scale_step / 4;
        }
        channel += 2 * pairs;
        weights += 2 * pairs * (1 + fours);
    }
}
