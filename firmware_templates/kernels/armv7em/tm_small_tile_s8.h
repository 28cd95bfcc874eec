/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SMALL_TILE_S8_H
#define TM_SMALL_TILE_S8_H

#include "tm_small.h"

/* Two pixels times all output channels, of which two share halfwords of weights as in tm_tile_s8.h.
 * x (words, 2, 2): for each two inputs those of each pixel. weights: for each four channels
 * (words, 2), of the first two channels and of the others; for one or two that are left over
 * (words). The last channel of an odd number has one beside it that is of no use, in weights and
 * channels. out: two pixels, out_step apart; where it is 0 both must be the same. */
void tm_small_tile_s8(const tm_small_loop *t, const int16_t *x, const int32_t *weights,
                      const tm_channel *channels, int8_t *out);

#endif
