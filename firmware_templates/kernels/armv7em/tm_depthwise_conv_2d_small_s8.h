/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_SMALL_S8_H
#define TM_DEPTHWISE_CONV_2D_SMALL_S8_H

#include "tm_small.h"

typedef struct {
    tm_small window; /* in_c and out_c are the same multiple of four */
} tm_depthwise_conv_2d_small_s8_params;

/* in (in_h, in_w, in_c), weights and scales as tm_small_fours_s8 has them, at (taps), outside
 * (in_c), out (out_h, out_w, out_c). Pixels come in tm_pixel's order; the inputs of four channels
 * are read before their outputs are written. */
void tm_depthwise_conv_2d_small_s8(const tm_depthwise_conv_2d_small_s8_params *p, const int8_t *in,
                                   const int32_t *weights, const uint8_t *scales, const int8_t **at,
                                   int8_t *outside, int8_t *out);

#endif
