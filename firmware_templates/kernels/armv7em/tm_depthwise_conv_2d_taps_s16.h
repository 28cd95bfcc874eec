/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_TAPS_S16_H
#define TM_DEPTHWISE_CONV_2D_TAPS_S16_H

#include <stdint.h>

#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c and out_c are the same: bytes of a pixel, twice the channels */
    int32_t least, most;
} tm_depthwise_conv_2d_taps_s16_params;

/* in (batches, in_h, in_w, channels), four channels or more. table: that of tm_depthwise_taps_s16.
 * scratch: a pointer for each tap, and the channels of a pixel. out (batches, out_h, out_w,
 * channels). Pixels come in tm_pixel's order; some inputs of a pixel are read after some of its
 * outputs are written. */
void tm_depthwise_conv_2d_taps_s16(const tm_depthwise_conv_2d_taps_s16_params *p, const int16_t *in,
                                   const int32_t *table, const int8_t **scratch, int16_t *out);

#endif
