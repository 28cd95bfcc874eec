/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_TAPS_S8_H
#define TM_DEPTHWISE_TAPS_S8_H

#include "tm_fours.h"

/* All channels of a pixel. at (taps): where the inputs under each tap are. weights: for each four
 * channels (taps) words of four weights. channels and bounds are those of tm_depthwise_3x3_s8. */
void tm_depthwise_taps_s8(const tm_fours *t, const int8_t *const *at, const int32_t *weights,
                          const tm_channel *channels, int8_t *out);

#endif
