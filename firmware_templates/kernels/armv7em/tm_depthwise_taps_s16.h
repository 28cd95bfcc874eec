/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_TAPS_S16_H
#define TM_DEPTHWISE_TAPS_S16_H

#include <stdint.h>

typedef struct {
    int32_t taps;
    int32_t last;  /* in bytes, where the last four channels are: they may overlap those before */
    int32_t least; /* 0: negative outputs become 0; else they stay */
} tm_fours_wide;

/* All channels of a pixel, of which there are four or more. at (taps): where the inputs under each
 * tap are. table: for each four channels where their sums start, a word of weights for each tap,
 * and their multipliers. An output is the high word of a sum times its multiplier. Sums of all
 * products are within 32 bits. */
void tm_depthwise_taps_s16(const tm_fours_wide *f, const int8_t *const *at, const int32_t *table,
                           int8_t *out);

#endif
