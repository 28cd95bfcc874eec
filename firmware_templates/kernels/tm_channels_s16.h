/* SPDX-License-Identifier: Apache-2.0
 *
 * From 64-bit accumulators to int16 outputs, channel by channel: tm_channels.h for int16 inputs,
 * whose zero points are 0. */
#ifndef TM_CHANNELS_S16_H
#define TM_CHANNELS_S16_H

#include <stdint.h>

#include "tm_requantize.h"

/* What all outputs of a layer share. channel_step as in tm_output. rounds_once: multiplier and
 * shift are those of tm_requantize_once; else of tm_requantize, and sums fit in 32 bits. */
typedef struct {
    int32_t channel_step;
    int32_t rounds_once;
    int32_t least, most;
} tm_output_s16;

/* The tables at one channel. */
typedef struct {
    const int64_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
} tm_channels_s16;

static inline int16_t tm_to_output_s16(const tm_output_s16 *o, int64_t acc, int32_t multiplier,
                                       int32_t shift) {
    const int32_t scaled = o->rounds_once ? tm_requantize_once(acc, multiplier, shift)
                                          : tm_requantize((int32_t)acc, multiplier, shift);
    return (int16_t)tm_clamp(scaled, o->least, o->most);
}

static inline tm_channels_s16 tm_channels_s16_at(const tm_channels_s16 *c, const tm_output_s16 *o,
                                                 int32_t channel) {
    const tm_channels_s16 at = {c->bias + channel, c->multiplier + channel * o->channel_step,
                                c->shift + channel * o->channel_step};
    return at;
}

#endif
