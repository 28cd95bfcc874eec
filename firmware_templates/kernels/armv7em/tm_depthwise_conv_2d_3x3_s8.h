/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_3X3_S8_H
#define TM_DEPTHWISE_CONV_2D_3X3_S8_H

#include "tm_fours.h"

/* 3 x 3 taps, strides of 1, in_c equals out_c, which is 4 at the least. */
typedef tm_packed_layer tm_depthwise_conv_2d_3x3_s8_params;

/* in (batches, in_h, in_w, in_c), p->weights: those of tm_depthwise_3x3_s8. scratch: a byte for
 * each channel in fours, and the channels where they are packed. out (batches, out_h, out_w, in_c).
 * A pixel comes together with the one below it: so it goes through two rows from left to right
 * before the next two, and where from_end is set through all of this from the end. The channels of
 * both are read and written in order. */
void tm_depthwise_conv_2d_3x3_s8(const tm_depthwise_conv_2d_3x3_s8_params *p, const int8_t *in,
                                 int8_t *scratch, int8_t *out);

#endif
