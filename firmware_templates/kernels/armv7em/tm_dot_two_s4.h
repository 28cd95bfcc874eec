/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_TWO_S4_H
#define TM_DOT_TWO_S4_H

#include <stdint.h>

/* Adds to sums (2) the products of x (length) with two rows of weights of 4 bits, row_bytes apart,
 * two in a byte, the first one in the low half. What is over in the last byte does not count. */
void tm_dot_two_s4(int32_t *sums, const int8_t *x, const int8_t *weights, int32_t row_bytes,
                   int32_t length);

#endif
