/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ROW_S16_H
#define TM_ROW_S16_H

#include <stdint.h>

/* What all rows of a layer share. Two output channels a and b stand in one halfword, 256 * b + a: a
 * multiply-accumulate of 64 bits sums up four products, one of 32 bits those of a. */
typedef struct {
    int32_t in_len, out_len;
    int32_t least; /* 0: negative outputs become 0; else they stay */
} tm_row_wide;

/* One row of inputs (in_len) times all output channels (out_len).
 * table: for each four channels a, b, c and d where the sums of a and c start; for each two inputs
 * a word of weights of a and b and one of c and d, with 0 for an input that is missing; then where
 * the sum of b starts and the multipliers of a and b, and the same of d. The last two channels, or
 * the last one with zeros for b, may stand by themselves. An output is the high word of a sum times
 * its multiplier. Sums of all products are within 32 bits. */
void tm_row_s16(const tm_row_wide *row, const int16_t *x, const int32_t *table, int16_t *out);

#endif
