/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_UNPACK_DEPTHWISE_H
#define TM_UNPACK_DEPTHWISE_H

#include "tm_layer.h"

/* tm_unpack_channels of a depthwise convolution's channels in fours, and adds what the input's zero
 * point adds to their sums. */
const tm_channel *tm_unpack_depthwise(const tm_packed_layer *p, int32_t count, tm_channel *room);

#endif
