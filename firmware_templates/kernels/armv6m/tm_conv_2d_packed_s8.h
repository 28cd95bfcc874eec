/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_PACKED_S8_H
#define TM_CONV_2D_PACKED_S8_H

#include "tm_packed_tile_s8.h"
#include "tm_window.h"

typedef struct {
    tm_window window;
    int32_t rounding; /* of tm_packed_tile */
    int32_t least, most;
    int32_t padding; /* the input's zero point */
} tm_conv_2d_packed_s8_params;

/* in (batches, in_h, in_w, in_c), weights as tm_packed_tile_s8 has them, of a window's inputs in
 * their order and zeros up to whole fours, x as well, edge (in_c), some (4, out_c) for two or three
 * pixels that are left over, or NULL, out (batches, out_h, out_w, out_c). Pixels come in tm_pixel's
 * order, four at a time: all their inputs are read before their outputs are written. */
void tm_conv_2d_packed_s8(const tm_conv_2d_packed_s8_params *p, const int8_t *in,
                          const int32_t *weights, int32_t *x, int8_t *edge, int8_t *some,
                          int8_t *out);

#endif
