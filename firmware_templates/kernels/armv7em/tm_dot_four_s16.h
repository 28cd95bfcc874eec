/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_FOUR_S16_H
#define TM_DOT_FOUR_S16_H

#include <stdint.h>

/* Adds to sums (4) the products of x (length) with each row of weights (4, length). */
void tm_dot_four_s16(int64_t *sums, const int16_t *x, const int8_t *weights, int32_t length);

#endif
