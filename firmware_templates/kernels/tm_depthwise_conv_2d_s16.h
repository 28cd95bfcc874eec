/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_S16_H
#define TM_DEPTHWISE_CONV_2D_S16_H

#include <stdint.h>

#include "tm_channels_s16.h"
#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c and out_c are the same: bytes of a pixel, twice the channels */
    tm_output_s16 output;
} tm_depthwise_conv_2d_s16_params;

/* in (batches, in_h, in_w, channels), weights (kernel_h, kernel_w, channels), bias, multiplier and
 * shift (channels), out (batches, out_h, out_w, channels). out may stand over in as far as
 * tm_pixel's order allows: the channels of a pixel are written in order, each after its inputs are
 * read. */
void tm_depthwise_conv_2d_s16(const tm_depthwise_conv_2d_s16_params *p, const int16_t *in,
                              const int8_t *weights, const int64_t *bias, const int32_t *multiplier,
                              const int8_t *shift, int16_t *out);

#endif
