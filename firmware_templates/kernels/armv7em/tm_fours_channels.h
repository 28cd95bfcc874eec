/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_layer_channels.h for depthwise convolutions. */
#ifndef TM_FOURS_CHANNELS_H
#define TM_FOURS_CHANNELS_H

#include "tm_layer.h"

#if __has_include("tm_unpack_depthwise.h")
#include "tm_unpack_depthwise.h"
#endif

/* The channels in fours, with those that stand twice. */
static inline int32_t tm_fours_count(const tm_packed_layer *p) { return (p->layer.in_c + 3) & ~3; }

/* p's count channels, with what the input's zero point adds to their sums; room has place for them
 * where they are packed. */
static inline const tm_channel *tm_fours_channels(const tm_packed_layer *p, int32_t count,
                                                  tm_channel *room) {
#ifdef TM_UNPACK_DEPTHWISE_H
    return tm_unpack_depthwise(p, count, room);
#else
    (void)count;
    (void)room;
    return p->channels;
#endif
}

#endif
