/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ROW_S8_H
#define TM_ROW_S8_H

#include <stdint.h>

/* What all rows of a layer share. */
typedef struct {
    int32_t fours;      /* whole fours of inputs */
    int32_t rest;       /* inputs that are left over, 0 to 3 */
    int32_t out_count;  /* output channels */
    int32_t scale_step; /* bytes from the scales of two channels to those of the next: 20, or 0 */
} tm_row;

/* One row of inputs times all output channels, two of which share a halfword as in tm_tile_s8.
 * in (4 * fours + rest). weights: for each eight channels the starts of four pairs' sums, a and
 * 256 * b + a, then for each four inputs two words of each pair, of inputs 0 and 2, 1 and 3; then
 * the same for each pair that is left over. Zeros make up for inputs and a channel that are
 * missing. scales: for each pair multiplier of a, what is added to a's product, the same of b, and
 * both shifts to the right less one of 8 bits in a word. The sums of b are within 24 bits, those of
 * a within 30, shifts are from 1 to 22. */
void tm_row_s8(const tm_row *t, const int8_t *in, const int32_t *weights, const int32_t *scales,
               int8_t *out);

#endif
