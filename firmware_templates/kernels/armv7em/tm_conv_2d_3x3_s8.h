/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_3X3_S8_H
#define TM_CONV_2D_3X3_S8_H

#include <stdint.h>

#include "tm_tile_s8.h"
#include "tm_window.h"

typedef struct {
    tm_window window; /* 3 x 3 taps, strides of 1; in_c and out_w are multiples of four */
    tm_tile tile;     /* is_3x3; out_step is the kernel's own */
    int32_t least, most;
    int32_t padding; /* the input's zero point */
} tm_conv_2d_3x3_s8_params;

/* in (batches, in_h, in_w, in_c), weights and scales as tm_tile_s8 has them, x (3 * in_c / 2, 6),
 * outside (in_c), out (batches, out_h, out_w, out_c). Pixels come in tm_pixel's order, four at a
 * time: all their inputs are read before their outputs are written. */
void tm_conv_2d_3x3_s8(const tm_conv_2d_3x3_s8_params *p, const int8_t *in, const int32_t *weights,
                       const uint8_t *scales, int32_t *x, int8_t *outside, int8_t *out);

#endif
