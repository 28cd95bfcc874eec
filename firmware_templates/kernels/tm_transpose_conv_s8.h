/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_TRANSPOSE_CONV_S8_H
#define TM_TRANSPOSE_CONV_S8_H

#include <stdint.h>

#include "tm_channels.h"
#include "tm_window.h"

/* Input (y, x) meets output (y * stride_h - pad_top + tap, x * stride_w - pad_left + tap). The
 * phase of an output pixel is its place, with the padding, modulo the strides. */
typedef struct {
    tm_window window;
    tm_output output;
    int32_t padding; /* the input's zero point */
} tm_transpose_conv_s8_params;

/* in (batches, in_h, in_w, in_c), phases (stride_h, stride_w, 3): the height and
 * width of a phase's taps and where its weights begin, weights (out_c, height, width, in_c) for
 * each phase, bias (stride_h, stride_w, out_c), multiplier and shift
 * (out_c), patch (height, width, in_c) of the largest phase, out (batches, out_h, out_w, out_c). */
void tm_transpose_conv_s8(const tm_transpose_conv_s8_params *p, const int8_t *in,
                          const int32_t *phases, const int8_t *weights, const int32_t *bias,
                          const int32_t *multiplier, const int8_t *shift, int8_t *patch,
                          int8_t *out);

#endif
