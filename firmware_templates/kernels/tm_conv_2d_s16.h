/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_S16_H
#define TM_CONV_2D_S16_H

#include <stdint.h>

#include "tm_channels_s16.h"
#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c and out_c are bytes of a pixel: twice the channels */
    tm_output_s16 output;
    int32_t groups; /* the channels of in and out are multiples of it */
} tm_conv_2d_s16_params;

/* in (batches, in_h, in_w, in channels), weights (out channels, kernel_h, kernel_w, in channels /
 * groups), bias, multiplier and shift (out channels), patch (kernel_h, kernel_w, in channels /
 * groups), out (batches, out_h, out_w, out channels). out may stand over in as far as tm_pixel's
 * order allows: a group's part of a pixel is written after all of its inputs are in patch. */
void tm_conv_2d_s16(const tm_conv_2d_s16_params *p, const int16_t *in, const int8_t *weights,
                    const int64_t *bias, const int32_t *multiplier, const int8_t *shift,
                    int16_t *patch, int16_t *out);

#endif
