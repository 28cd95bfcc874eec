/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_TILE_S8_H
#define TM_TILE_S8_H

#include "tm_layer.h"

/* What all tiles of a layer share. Two output channels a and b stand in one halfword, 256 * b + a,
 * and two inputs in one word: a multiply-accumulate of words is four products, and one more of the
 * word's low bytes tells the sums of a and b apart. */
typedef struct {
    int32_t pairs;     /* words of a pixel's inputs: two inputs each */
    int32_t out_count; /* output channels */
    int32_t out_step;  /* from a pixel's outputs to those of the next */
    int32_t rounding;  /* 2 * zero_point + 1 of the output */
    int32_t is_3x3;    /* 1: the four pixels' windows share six columns of inputs */
} tm_tile;

/* Four pixels times all output channels.
 * x (pairs, 4): of each pixel the words of tm_widen_s8. weights: for each two channels (pairs)
 * words. channels: an even number of them. out: four pixels, out_step apart; where it is 0 all four
 * must be the same.
 * With is_3x3 the pixels stand side by side. x (pairs / 3, 6): the words of tm_widen_columns_s8, of
 * three rows one after the other. The weights of a row's word are those of the last tap, of the one
 * in the middle and of the first, then come those of the next word; there is an even number of
 * them. The sums of b are within 24 bits, those of a within 30, shifts are from 1 to 22. */
void tm_tile_s8(const tm_tile *t, const int32_t *x, const int32_t *weights,
                const tm_channel *channels, int8_t *out);

#endif
