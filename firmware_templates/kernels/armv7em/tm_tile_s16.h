/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_TILE_S16_H
#define TM_TILE_S16_H

#include <stdint.h>

/* What all tiles of a layer share. */
typedef struct {
    int32_t pairs;     /* words of a pixel's inputs: two inputs each */
    int32_t out_count; /* output channels */
    int32_t out_step;  /* from a pixel's outputs to those of the next, in bytes */
    int32_t least;     /* 0: negative outputs become 0; else they stay */
} tm_tile_wide;

/* Four pixels times all output channels.
 * x (pairs, 4, 2): two inputs of each pixel, then the next two.
 * table: for each two channels a and b where their sums start; for each two inputs the weights of a
 * in the low bytes of a word's halves, those of b in the high ones; then the multipliers of both,
 * by which the high word of a product is the output. If b is missing, its numbers are there all the
 * same. Sums of all products are within 32 bits.
 * out: four pixels, out_step apart; where it is 0 all four must be the same. */
void tm_tile_s16(const tm_tile_wide *t, const int16_t *x, const int32_t *table, int16_t *out);

#endif
