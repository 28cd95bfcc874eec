/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONV_2D_GROUPS_S8_H
#define TM_CONV_2D_GROUPS_S8_H

#include "tm_strips_s8.h"

typedef struct {
    tm_layer layer;
    const int32_t *weights;
    const void *channels;
    int32_t groups;
} tm_conv_2d_groups_s8_params;

/* What tm_strips_s8 computes, of two groups or more. */
void tm_conv_2d_groups_s8(const tm_conv_2d_groups_s8_params *p, const int8_t *in, int32_t *x,
                          int8_t *out);

#endif
