/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_SMALL_S8_H
#define TM_DEPTHWISE_CONV_2D_SMALL_S8_H

#include "tm_small.h"

typedef struct {
    tm_small window; /* in_c and out_c are the same, four or more */
} tm_depthwise_conv_2d_small_s8_params;

/* in (in_h, in_w, in_c), weights as tm_small_fours_s8 has them, scales of tm_small_multipliers and
 * scratch for its results, of each four channels, at (taps), outside (in_c), out (out_h, out_w,
 * out_c). Pixels come in tm_pixel's order; the inputs of a pixel are read until it is written. */
void tm_depthwise_conv_2d_small_s8(const tm_depthwise_conv_2d_small_s8_params *p, const int8_t *in,
                                   const int32_t *weights, const uint16_t *scales,
                                   int32_t *multipliers, const int8_t **at, int8_t *outside,
                                   int8_t *out);

#endif
