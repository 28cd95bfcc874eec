/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_TILE_S16_H
#define TM_CONV_2D_TILE_S16_H

#include <stdint.h>

#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c and out_c are bytes of a pixel: twice the channels */
    int32_t least, most;
} tm_conv_2d_tile_s16_params;

/* in (batches, in_h, in_w, in channels), table: that of tm_tile_s16, where each row of taps starts
 * with a word. scratch: x of tm_tile_s16, five rows of taps, and room for four pixels where two
 * or three are left over by four. out (batches, out_h, out_w, out channels).
 * Pixels come in tm_pixel's order, four at a time, and what is left over: all their inputs are read
 * before their outputs are written. */
void tm_conv_2d_tile_s16(const tm_conv_2d_tile_s16_params *p, const int16_t *in,
                         const int32_t *table, int16_t *scratch, int16_t *out);

#endif
