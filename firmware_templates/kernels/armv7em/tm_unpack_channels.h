/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_UNPACK_CHANNELS_H
#define TM_UNPACK_CHANNELS_H

#include "tm_layer.h"

/* Returns a layer's count channels: where they are, or unpacked into room. A packed channel's word
 * has start_bits of what its sum starts with, below it the high bits of its scale. p->channels has
 * more_bits of each scale, the low bits of a byte first, and as many bytes after them as it takes
 * to read four at a time. A scale is shift_bits of a shift, then a multiplier's bits below 2^30
 * down to those that are in low. */
const tm_channel *tm_unpack_channels(const tm_packed_layer *p, int32_t count, tm_channel *room);

#endif
