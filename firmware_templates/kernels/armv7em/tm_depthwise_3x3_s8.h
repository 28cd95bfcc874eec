/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DEPTHWISE_3X3_S8_H
#define TM_DEPTHWISE_3X3_S8_H

#include "tm_fours.h"

/* All channels of two pixels, one below the other, of which each has 3 x 3 taps.
 * rows (3, 4): for each column of taps where the inputs are in four rows; the first pixel has the
 * first three. weights: for each four channels (3, 3) words of four weights, a column of taps after
 * the other. channels: of each four. out: the first pixel's outputs; where out_step is 0 only this
 * pixel counts.
 * The sums are within 30 bits, shifts are from 1 to 22. */
void tm_depthwise_3x3_s8(const tm_fours *t, const int8_t *const *rows, const int32_t *weights,
                         const tm_channel *channels, int8_t *out);

#endif
