/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_FOURS_S8_H
#define TM_DEPTHWISE_CONV_2D_FOURS_S8_H

#include "tm_taps_fours_s8.h"
#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c equals out_c, which is 4 at the least */
    tm_taps_fours fours;
    int32_t least, most;
    int32_t padding; /* the input's zero point */
} tm_depthwise_conv_2d_fours_s8_params;

/* in (batches, in_h, in_w, in_c), weights as tm_taps_fours_s8 has them, at (taps), outside (in_c),
 * out (batches, out_h, out_w, in_c). Pixels come in tm_pixel's order, the channels of one are read
 * and written in order, four at a time, the last ones perhaps twice. */
void tm_depthwise_conv_2d_fours_s8(const tm_depthwise_conv_2d_fours_s8_params *p, const int8_t *in,
                                   const int32_t *weights, const int8_t **at, int8_t *outside,
                                   int8_t *out);

#endif
