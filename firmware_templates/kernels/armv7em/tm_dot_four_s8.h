/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_FOUR_S8_H
#define TM_DOT_FOUR_S8_H

#include <stdint.h>

/* Adds to sums (4) the products of x (length) with each row of weights (4, length). Sums go round
 * at 32 bits. */
void tm_dot_four_s8(int32_t *sums, const int8_t *x, const int8_t *weights, int32_t length);

#endif
