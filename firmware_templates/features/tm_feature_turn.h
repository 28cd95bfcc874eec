/* SPDX-License-Identifier: Apache-2.0
 *
 * Products with a turn's cosine and sine, rounded to the nearest, ties up.
 *
 * A turn is kept times 2^16 and the number is doubled, so that what is wanted, a product in Q15, is
 * the high word of a product of 64 bits: one multiplication, and no shift of two registers. */
#ifndef TM_FEATURE_TURN_H
#define TM_FEATURE_TURN_H

#include <stdint.h>

typedef struct {
    int32_t cosine, sine; /* Q15, times 2^16 */
} tm_feature_turn;

/* By k parts, of which quarter make a quarter of a turn, k up to quarter; cosines (quarter + 1). */
static inline tm_feature_turn tm_feature_turn_of(const int16_t *cosines, int32_t k,
                                                 int32_t quarter) {
    const tm_feature_turn turn = {cosines[k] * 65536, cosines[quarter - k] * 65536};
    return turn;
}

/* x * c + y * s in Q15; x and y within 30 bits. */
static inline int32_t tm_feature_sum(int32_t x, int32_t c, int32_t y, int32_t s) {
    return (int32_t)(((int64_t)(2 * x) * c + (int64_t)(2 * y) * s + ((int64_t)1 << 31)) >> 32);
}

/* x * 32767 in Q15, which is what one is in the table; in 32 bits. */
static inline int32_t tm_feature_times_one(int32_t x) { return x + (((1 << 14) - x) >> 15); }

/* x * -32767 in Q15. */
static inline int32_t tm_feature_times_minus_one(int32_t x) { return (((1 << 14) + x) >> 15) - x; }

#endif
