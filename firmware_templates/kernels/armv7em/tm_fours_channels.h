/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FOURS_CHANNELS_H
#define TM_FOURS_CHANNELS_H

#include "tm_layer.h"

/* Unpacks the table of a depthwise convolution, in_c channels in fours, with what the input's zero
 * point adds to their sums. p->weights has after the channels' words for each four channels and
 * each tap a word of four weights. */
void tm_fours_channels(const tm_packed_layer *p, tm_channel *channels);

/* The channels with those that stand twice. */
static inline int32_t tm_fours_count(const tm_packed_layer *p) { return (p->layer.in_c + 3) & ~3; }

#endif
