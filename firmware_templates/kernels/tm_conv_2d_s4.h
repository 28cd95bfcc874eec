/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_S4_H
#define TM_CONV_2D_S4_H

#include <stdint.h>

#include "tm_channels.h"
#include "tm_window.h"

typedef struct {
    tm_window window;
    tm_output output;
    int32_t groups;  /* in_c and out_c are multiples of it */
    int32_t padding; /* the input's zero point */
} tm_conv_2d_s4_params;

/* in (batches, in_h, in_w, in_c), weights (out_c, kernel_h, kernel_w, in_c / groups)
 * of 4 bits, two in a byte (tm_rows_s4.h), each output channel's from a byte on,
 * bias, multiplier and shift (out_c), patch (kernel_h, kernel_w, in_c / groups),
 * out (batches, out_h, out_w, out_c). out may stand over in as far as tm_pixel's order allows: a
 * group's part of a pixel is written after all of its inputs are in patch. */
void tm_conv_2d_s4(const tm_conv_2d_s4_params *p, const int8_t *in, const int8_t *weights,
                   const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                   int8_t *patch, int8_t *out);

#endif
