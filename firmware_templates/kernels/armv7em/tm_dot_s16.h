/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_S16_H
#define TM_DOT_S16_H

#include <stdint.h>

/* Adds to sum the products of x (length) with weights (length). */
void tm_dot_s16(int64_t *sum, const int16_t *x, const int8_t *weights, int32_t length);

#endif
