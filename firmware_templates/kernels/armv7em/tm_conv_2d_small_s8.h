/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_SMALL_S8_H
#define TM_CONV_2D_SMALL_S8_H

#include "tm_small.h"

/* One batch. */
typedef tm_packed_layer tm_conv_2d_small_s8_params;

/* in (in_h, in_w, in_c), p->weights: those of tm_small_tile_s8. x: room for tm_small_tile_s8's, for
 * a pointer for each tap, for in_c bytes up to a multiple of four, and for the channels in pairs
 * where they are packed. out (out_h, out_w, out_c). Pixels come in tm_pixel's order, two at a time,
 * and what is left over: all their inputs are read before their outputs are written. */
void tm_conv_2d_small_s8(const tm_conv_2d_small_s8_params *p, const int8_t *in, int16_t *x,
                         int8_t *out);

#endif
