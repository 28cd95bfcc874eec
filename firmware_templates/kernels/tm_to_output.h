/* SPDX-License-Identifier: Apache-2.0
 *
 * From an accumulator to an int8 output, and the tables of a layer by channel. */
#ifndef TM_TO_OUTPUT_H
#define TM_TO_OUTPUT_H

#include <stdint.h>

#include "tm_requantize.h"

/* What all outputs of a layer share. channel_step is 1 where each channel has its own multiplier
 * and shift, 0 where they all have the first. */
typedef struct {
    int32_t channel_step;
    int32_t zero_point;
    int32_t least, most;
} tm_output;

/* The tables at one channel: bias holds what the input's zero point adds, too. */
typedef struct {
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
} tm_channels;

static inline int8_t tm_to_output(const tm_output *o, int32_t acc, int32_t multiplier,
                                  int32_t shift) {
    const int32_t scaled = tm_requantize(acc, multiplier, shift) + o->zero_point;
    return (int8_t)tm_clamp(scaled, o->least, o->most);
}

static inline tm_channels tm_channels_at(const tm_channels *c, const tm_output *o,
                                         int32_t channel) {
    const tm_channels at = {c->bias + channel, c->multiplier + channel * o->channel_step,
                            c->shift + channel * o->channel_step};
    return at;
}

#endif
