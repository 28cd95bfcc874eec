/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SMALL_FOURS_S8_H
#define TM_SMALL_FOURS_S8_H

#include "tm_small.h"

/* One pixel's channels, four or more, each with its own weights: in fours, of which the last
 * overlaps the one before where their number is no multiple of four. at (taps): where each tap's
 * inputs are. weights: for each four channels a word of four weights for each tap. channels: of
 * each four. out (channels). out_step of t does not count. */
void tm_small_fours_s8(const tm_small_loop *t, const int8_t *const *at, const int32_t *weights,
                       const tm_channel *channels, int8_t *out);

#endif
