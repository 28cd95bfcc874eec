/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_AVERAGE_POOL_2D_S8_H
#define TM_AVERAGE_POOL_2D_S8_H

#include <stdint.h>

#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c equals out_c, dilations are 1 */
    int32_t least, most;
} tm_average_pool_2d_s8_params;

/* in (batches, in_h, in_w, in_c), out (batches, out_h, out_w, in_c); taps outside of the image do
 * not count. out may stand over in as far as tm_pixel's order allows: the channels of a pixel are
 * written in order, each after its inputs are read. */
void tm_average_pool_2d_s8(const tm_average_pool_2d_s8_params *p, const int8_t *in, int8_t *out);

#endif
