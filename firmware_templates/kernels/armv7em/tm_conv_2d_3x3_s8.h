/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_3X3_S8_H
#define TM_CONV_2D_3X3_S8_H

#include "tm_tile_s8.h"

/* 3 x 3 taps, strides of 1; in_c and out_w are multiples of four. */
typedef tm_packed_layer tm_conv_2d_3x3_s8_params;

/* in (batches, in_h, in_w, in_c), p->weights: those of tm_tile_s8. x: room for tm_tile_s8's,
 * in_c bytes, and the channels in pairs where they are packed. out (batches, out_h, out_w, out_c).
 * Pixels come in tm_pixel's order, four at a time: all their inputs are read before their outputs
 * are written. */
void tm_conv_2d_3x3_s8(const tm_conv_2d_3x3_s8_params *p, const int8_t *in, int32_t *x,
                       int8_t *out);

#endif
