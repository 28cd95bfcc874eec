/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_SMALL_S8_H
#define TM_DEPTHWISE_CONV_2D_SMALL_S8_H

#include "tm_small.h"

/* One batch, in_c equals out_c, which is 4 at the least. */
typedef tm_packed_layer tm_depthwise_conv_2d_small_s8_params;

/* in (in_h, in_w, in_c), p->weights: those of tm_small_fours_s8. scratch: a pointer for each tap, a
 * byte for each channel in fours, and the channels where they are packed. out (out_h, out_w,
 * out_c). Pixels come in tm_pixel's order; the inputs of a pixel are read until it is written. */
void tm_depthwise_conv_2d_small_s8(const tm_depthwise_conv_2d_small_s8_params *p, const int8_t *in,
                                   const int8_t **scratch, int8_t *out);

#endif
