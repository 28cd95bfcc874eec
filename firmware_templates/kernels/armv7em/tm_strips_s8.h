/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_STRIPS_S8_H
#define TM_STRIPS_S8_H

#include "tm_tile_s8.h"

/* in (batches, in_h, in_w, in_c), out (batches, out_h, out_w, out_c), dilation_w 1. A row of taps
 * is one run of kernel_w * in_c, or with groups kernel_w runs of a group's inputs each; groups have
 * an even number of outputs. p->weights: those of tm_tile_s8 of each group, of two rows of taps at
 * a time: a word has a tap of one and the one below it. Of a row that is left over a word has a tap
 * and the next one of its run.
 * x: room for tm_tile_s8's, then for each two rows of taps for a word for each input under four,
 * eight, ... pixels of a row, as many as out_w takes, for the channels in pairs where they are
 * packed, for in_w * in_c bytes and for four pixels. Rows of the output come one after the other,
 * or from_end; all inputs of a row are read before its outputs are written. */
void tm_strips_s8(const tm_packed_layer *p, int32_t groups, const int8_t *in, int32_t *x,
                  int8_t *out);

#endif
