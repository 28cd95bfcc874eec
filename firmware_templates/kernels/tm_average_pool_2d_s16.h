/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_AVERAGE_POOL_2D_S16_H
#define TM_AVERAGE_POOL_2D_S16_H

#include <stdint.h>

#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c equals out_c: bytes of a pixel, twice the channels; dilations are 1 */
    int32_t least, most;
} tm_average_pool_2d_s16_params;

/* in (batches, in_h, in_w, channels), out (batches, out_h, out_w, channels); taps outside of the
 * image do not count. out may stand over in as far as tm_pixel's order allows: the channels of a
 * pixel are written in order, each after its inputs are read. */
void tm_average_pool_2d_s16(const tm_average_pool_2d_s16_params *p, const int16_t *in,
                            int16_t *out);

#endif
