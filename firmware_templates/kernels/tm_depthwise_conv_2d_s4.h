/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_S4_H
#define TM_DEPTHWISE_CONV_2D_S4_H

#include <stdint.h>

#include "tm_channels.h"
#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c equals out_c */
    tm_output output;
    int32_t padding; /* the input's zero point */
} tm_depthwise_conv_2d_s4_params;

/* in (batches, in_h, in_w, in_c), weights (kernel_h, kernel_w, (in_c + 1) / 2) in pairs of
 * channels, the first in the low half, bias, multiplier and shift (in_c), out (batches, out_h,
 * out_w, in_c). out may stand over in as far as tm_pixel's order allows: the channels of a pixel
 * are written in order, each after its inputs are read. */
void tm_depthwise_conv_2d_s4(const tm_depthwise_conv_2d_s4_params *p, const int8_t *in,
                             const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *shift, int8_t *out);

#endif
