/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_PAIRS_S8_H
#define TM_CONV_2D_PAIRS_S8_H

#include <stdint.h>

#include "tm_tile_s8.h"
#include "tm_window.h"

typedef struct {
    tm_window window;
    tm_tile tile; /* out_step is the kernel's own */
    int32_t least, most;
    int32_t padding; /* the input's zero point */
} tm_conv_2d_pairs_s8_params;

/* in (batches, in_h, in_w, in_c), weights and scales as tm_tile_s8 has them, with the words of one
 * row of taps after those of the other, x (pairs, 4), edge (kernel_w * in_c), or five times that
 * where in_c is no multiple of four, some (4, out_c) where two or three pixels are left over by
 * four, else NULL, out (batches, out_h, out_w, out_c). Pixels come in tm_pixel's order, four at a
 * time, and what is left over: all their inputs are read before their outputs are written. */
void tm_conv_2d_pairs_s8(const tm_conv_2d_pairs_s8_params *p, const int8_t *in,
                         const int32_t *weights, const uint8_t *scales, int32_t *x, int8_t *edge,
                         int8_t *some, int8_t *out);

#endif
