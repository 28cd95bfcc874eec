/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_NARROW_S8_H
#define TM_CONV_2D_NARROW_S8_H

#include "tm_strips_s8.h"

typedef tm_packed_layer tm_conv_2d_narrow_s8_params;

/* What tm_strips_s8 computes, of one group. */
void tm_conv_2d_narrow_s8(const tm_conv_2d_narrow_s8_params *p, const int8_t *in, int32_t *x,
                          int8_t *out);

#endif
