/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MAX_POOL_2D_S16_H
#define TM_MAX_POOL_2D_S16_H

#include <stdint.h>

#include "tm_window.h"

typedef struct {
    tm_window window; /* in_c equals out_c: bytes of a pixel, twice the channels; dilations are 1 */
    int32_t least, most;
} tm_max_pool_2d_s16_params;

/* Shapes and order as in tm_average_pool_2d_s16.h. */
void tm_max_pool_2d_s16(const tm_max_pool_2d_s16_params *p, const int16_t *in, int16_t *out);

#endif
