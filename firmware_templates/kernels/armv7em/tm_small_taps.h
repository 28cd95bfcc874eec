/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SMALL_TAPS_H
#define TM_SMALL_TAPS_H

#include "tm_small.h"

/* Fills at (kernel_h, kernel_w) with where the inputs of each tap of the output pixel at place are;
 * outside for those that are not in the image. */
void tm_small_taps(const tm_layer *p, const int8_t *in, int32_t place, const int8_t *outside,
                   const int8_t **at);

#endif
