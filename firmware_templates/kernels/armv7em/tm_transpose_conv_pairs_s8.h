/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_TRANSPOSE_CONV_PAIRS_S8_H
#define TM_TRANSPOSE_CONV_PAIRS_S8_H

#include "tm_tile_s8.h"

typedef tm_packed_layer tm_transpose_conv_pairs_s8_params;

/* in (batches, in_h, in_w, in_c), out (batches, out_h, out_w, out_c), kernels no smaller than
 * strides. The phase of an output pixel is its place modulo the strides; the taps that reach it are
 * the same for all of a phase. p->weights: for each phase, row by row, those of tm_tile_s8: of its
 * columns of taps, the last one of the input first, and in each of its rows, the last one first,
 * the words of in_c inputs.
 * x: room for tm_tile_s8's for the largest phase, for the channels in pairs where they are packed,
 * for in_c bytes and for four pixels' outputs. Rows of the output come one after the other, or
 * from_end; inputs of a row are read until all of its outputs are written. */
void tm_transpose_conv_pairs_s8(const tm_transpose_conv_pairs_s8_params *p, const int8_t *in,
                                int32_t *x, int8_t *out);

#endif
