/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_TRANSPOSE_CONV_S16_H
#define TM_TRANSPOSE_CONV_S16_H

#include <stdint.h>

#include "tm_channels_s16.h"
#include "tm_window.h"

/* Taps and phases as in tm_transpose_conv_s8.h. */
typedef struct {
    tm_window window; /* in_c and out_c are bytes of a pixel: twice the channels */
    tm_output_s16 output;
} tm_transpose_conv_s16_params;

/* in (batches, in_h, in_w, in channels), phases (stride_h, stride_w, 3): the height and width of a
 * phase's taps and where its weights begin, weights (out channels, height, width, in channels) for
 * each phase, bias (stride_h, stride_w, out channels), multiplier and shift (out channels), patch
 * (height, width, in channels) of the largest phase, out (batches, out_h, out_w, out channels). */
void tm_transpose_conv_s16(const tm_transpose_conv_s16_params *p, const int16_t *in,
                           const int32_t *phases, const int8_t *weights, const int64_t *bias,
                           const int32_t *multiplier, const int8_t *shift, int16_t *patch,
                           int16_t *out);

#endif
