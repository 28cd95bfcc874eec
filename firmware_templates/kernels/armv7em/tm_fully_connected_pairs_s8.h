/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FULLY_CONNECTED_PAIRS_S8_H
#define TM_FULLY_CONNECTED_PAIRS_S8_H

#include "tm_tile_s8.h"

/* A window of one pixel. */
typedef tm_packed_layer tm_fully_connected_pairs_s8_params;

/* in (pixels, in_c), p->weights: those of tm_tile_s8. room has place for the channels in pairs
 * where they are packed, x for tm_tile_s8's and for four pixels where two or three are left over by
 * four. out (pixels, out_c). Four pixels at a time, and what is left over: all their inputs are
 * read before their outputs are written. */
void tm_fully_connected_pairs_s8(const tm_fully_connected_pairs_s8_params *p, const int8_t *in,
                                 tm_channel *room, int32_t *x, int8_t *out);

#endif
