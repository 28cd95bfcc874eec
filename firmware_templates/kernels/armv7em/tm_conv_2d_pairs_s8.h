/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_PAIRS_S8_H
#define TM_CONV_2D_PAIRS_S8_H

#include "tm_tile_s8.h"

typedef tm_packed_layer tm_conv_2d_pairs_s8_params;

/* in (batches, in_h, in_w, in_c), p->weights: those of tm_tile_s8, with the words of one row
 * of taps after those of the other. x: room for tm_tile_s8's, for the channels in pairs where they
 * are packed, for five rows of kernel_w * in_c bytes, and for four pixels where two or three
 * are left over by four. out (batches, out_h, out_w, out_c). Pixels come in tm_pixel's order, four
 * at a time, and what is left over: all their inputs are read before their outputs are written. */
void tm_conv_2d_pairs_s8(const tm_conv_2d_pairs_s8_params *p, const int8_t *in, int32_t *x,
                         int8_t *out);

#endif
