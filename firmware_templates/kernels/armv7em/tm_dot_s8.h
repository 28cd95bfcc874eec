/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_S8_H
#define TM_DOT_S8_H

#include <stdint.h>

/* Adds to sum the products of x (length) with weights (length). It goes round at 32 bits. */
void tm_dot_s8(int32_t *sum, const int8_t *x, const int8_t *weights, int32_t length);

#endif
