/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a kernel finds its channels. The code that unpacks them is there if a layer of the model
 * has them packed. */
#ifndef TM_LAYER_CHANNELS_H
#define TM_LAYER_CHANNELS_H

#include "tm_layer.h"

#if __has_include("tm_unpack_channels.h")
#include "tm_unpack_channels.h"
#endif

/* p's count channels; room has place for them where they are packed. */
static inline const tm_channel *tm_layer_channels(const tm_packed_layer *p, int32_t count,
                                                  tm_channel *room) {
#ifdef TM_UNPACK_CHANNELS_H
    return tm_unpack_channels(p, count, room);
#else
    (void)count;
    (void)room;
    return p->channels;
#endif
}

#endif
