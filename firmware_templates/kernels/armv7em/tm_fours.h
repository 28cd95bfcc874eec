/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FOURS_H
#define TM_FOURS_H

#include "tm_layer.h"

/* What all pixels of a depthwise convolution share. Channels come in fours; the last four begin at
 * last and overlap those before where their number is no multiple of four. */
typedef struct {
    int32_t last;
    int32_t rounding; /* 2 * zero_point + 1 of the output */
    int32_t out_step; /* from a pixel's outputs to those of the next that is computed with it */
    int32_t taps;
} tm_fours;

#endif
