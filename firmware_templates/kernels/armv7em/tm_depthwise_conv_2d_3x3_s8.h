/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_3X3_S8_H
#define TM_DEPTHWISE_CONV_2D_3X3_S8_H

#include <stdint.h>

#include "tm_fours.h"
#include "tm_window.h"

typedef struct {
    tm_window window; /* 3 x 3 taps, strides of 1, in_c equals out_c, which is 4 at the least */
    tm_fours fours;   /* out_step is the kernel's own */
    int32_t least, most;
    int32_t padding; /* the input's zero point */
} tm_depthwise_conv_2d_3x3_s8_params;

/* in (batches, in_h, in_w, in_c), weights and scales as tm_depthwise_3x3_s8 has them, outside
 * (in_c), out (batches, out_h, out_w, in_c). A pixel comes together with the one below it: so it
 * goes through two rows from left to right before the next two, and where from_end is set through
 * all of this from the end. The channels of both are read and written in order. */
void tm_depthwise_conv_2d_3x3_s8(const tm_depthwise_conv_2d_3x3_s8_params *p, const int8_t *in,
                                 const int32_t *weights, const uint8_t *scales, int8_t *outside,
                                 int8_t *out);

#endif
