/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SMALL_TILE_S8_H
#define TM_SMALL_TILE_S8_H

#include "tm_small.h"

/* Two pixels times all output channels, of which two share halfwords of weights as in tm_tile_s8.h.
 * x (words, 2, 2): for each two inputs those of each pixel; the number of words is even. weights:
 * for each four channels, the last ones perhaps without a use, (words, 2): of the first two
 * channels and of the others. channels: of each four. out: two pixels, out_step apart; where it is
 * 0 both must be the same. */
void tm_small_tile_s8(const tm_small_loop *t, const int16_t *x, const int32_t *weights,
                      const tm_channel *channels, int8_t *out);

#endif
