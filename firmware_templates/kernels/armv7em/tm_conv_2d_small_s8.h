/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_SMALL_S8_H
#define TM_CONV_2D_SMALL_S8_H

#include "tm_small.h"

typedef struct {
    tm_small window;
} tm_conv_2d_small_s8_params;

/* in (in_h, in_w, in_c), weights of a window's inputs in their order as tm_small_tile_s8 has them,
 * x as well, scales of tm_small_multipliers and scratch for its (out_c) results, out (out_h, out_w,
 * out_c). Pixels come in tm_pixel's order, two at a time,
 * and what is left over: all their inputs are read before their outputs are written. */
void tm_conv_2d_small_s8(const tm_conv_2d_small_s8_params *p, const int8_t *in,
                         const int32_t *weights, const uint16_t *scales, int16_t *x,
                         int32_t *multipliers, int8_t *out);

#endif
