/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_LAYER_CHANNELS_H
#define TM_LAYER_CHANNELS_H

#include "tm_layer.h"

/* Unpacks a table of count channels. p->weights begins with a word for each: start_bits of what its
 * sum starts with, below it the high bits of its scale. p->more has more_bits of each scale, the
 * low bits of a byte first, and as many bytes after them as it takes to read four at a time. A
 * scale is shift_bits of a shift, then a multiplier's bits below 2^30 down to those that are in
 * low. */
void tm_layer_channels(const tm_packed_layer *p, int32_t count, tm_channel *channels);

#endif
