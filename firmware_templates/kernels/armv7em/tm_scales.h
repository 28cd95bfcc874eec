/* SPDX-License-Identifier: Apache-2.0
 *
 * From sums to int8 outputs by the scales that the kernels in assembly read: the same in C. */
#ifndef TM_SCALES_H
#define TM_SCALES_H

#include <stdint.h>

#include "tm_requantize.h"

/* The output of a channel of a group: scales are the group's multipliers of 32 bits, then its
 * shifts to the right less one of 8. */
static inline int8_t tm_scaled_s8(int32_t sum, const uint8_t *scales, int32_t channel,
                                  int32_t group, int32_t rounding) {
    int32_t multiplier;
    __builtin_memcpy(&multiplier, scales + 4 * channel, sizeof multiplier);
    const int32_t less = scales[4 * group + channel];
    const int32_t high = tm_high_mul(sum, multiplier);
    const int32_t moved = (high + (high >> 31) + tm_shift_left(rounding, less)) >> less >> 1;
    return (int8_t)tm_clamp(moved, INT8_MIN, INT8_MAX);
}

#endif
