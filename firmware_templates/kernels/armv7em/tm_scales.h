/* SPDX-License-Identifier: Apache-2.0
 *
 * From sums to int8 outputs as the kernels in assembly do it: the same in C. */
#ifndef TM_SCALES_H
#define TM_SCALES_H

#include "tm_layer.h"
#include "tm_requantize.h"

/* The output of a channel's sum; rounding is 2 * zero_point + 1 of the output. */
static inline int8_t tm_scaled_s8(int32_t sum, const tm_channel *channel, int32_t rounding) {
    const int32_t less = channel->shift;
    const int32_t high = tm_high_mul(sum, channel->multiplier);
    const int32_t moved = (high + (high >> 31) + tm_shift_left(rounding, less)) >> less >> 1;
    return (int8_t)tm_clamp(moved, INT8_MIN, INT8_MAX);
}

#endif
