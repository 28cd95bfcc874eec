/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SMALL_MULTIPLIERS_H
#define TM_SMALL_MULTIPLIERS_H

#include "tm_small.h"

/* Computes the multipliers (count) of channels, as TFLM rounds them, from the float32 that each has
 * as its scale, 1.MANTISSA times a power of two. weights: those of tm_small_tile_s8 or
 * tm_small_fours_s8, with so many words of each four channels after what their sums start with. The
 * low seven bits of a mantissa are in bits 10 to 4 there. scales (count), or (1): the high 16. */
void tm_small_multipliers(const tm_small *p, const int32_t *weights, int32_t words,
                          const uint16_t *scales, int32_t count, int32_t *multipliers);

#endif
