/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_TAPS_S8_H
#define TM_DEPTHWISE_TAPS_S8_H

#include <stdint.h>

#include "tm_fours.h"

/* All channels of a pixel. at (taps): where the inputs under each tap are. weights: for each four
 * channels (4) biases, then (taps) words of four weights. scales and bounds are those of
 * tm_depthwise_3x3_s8. */
void tm_depthwise_taps_s8(const tm_fours *t, const int8_t *const *at, const int32_t *weights,
                          const uint8_t *scales, int8_t *out);

#endif
