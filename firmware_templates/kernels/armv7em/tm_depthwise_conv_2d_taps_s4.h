/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_CONV_2D_TAPS_S4_H
#define TM_DEPTHWISE_CONV_2D_TAPS_S4_H

#include "tm_depthwise_conv_2d_taps_s8.h"

typedef tm_packed_layer tm_depthwise_conv_2d_taps_s4_params;

/* tm_depthwise_conv_2d_taps_s8 with weights of 4 bits, packed as tm_unpack_fours_s4
 * takes them; words has room for all as with weights of 8 bits. */
void tm_depthwise_conv_2d_taps_s4(const tm_depthwise_conv_2d_taps_s4_params *p, const int8_t *in,
                                  int32_t *words, const int8_t **scratch, int8_t *out);

#endif
