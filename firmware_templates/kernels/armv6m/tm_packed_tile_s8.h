/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_PACKED_TILE_S8_H
#define TM_PACKED_TILE_S8_H

#include <stdint.h>

/* What four pixels times all output channels take. */
typedef struct {
    int32_t fours;     /* fours of inputs of a pixel, at least one */
    int32_t out_count; /* output channels */
    int32_t rounding;  /* 2 * zero_point + 1 of the output */
    int32_t out_step;  /* from a pixel's outputs to those of the next */
} tm_packed_tile;

/* x (4 * fours, 2): two pixels' inputs in a word, a + 2^16 * b; then those of the other two. A
 * product with a weight has both their products, which are told apart as long as the sums of each
 * stay within 16 bits.
 *
 * weights: for each channel a word with start, shift and flag as tm_scaled_s8.h has them, the
 * multiplier, and the weights, four int8 in a word. Each two weights, and where the flag is not set
 * each four of a word, make sums within 16 bits. Starts are within 26 bits.
 *
 * out (4, out_count), out_step apart. */
void tm_packed_tile_s8(const tm_packed_tile *t, const int32_t *x, const int32_t *weights,
                       int8_t *out);

#endif
