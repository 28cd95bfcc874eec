/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer in few bytes: its window, and what its channels' tables are packed with. */
#ifndef TM_LAYER_H
#define TM_LAYER_H

#include <stdint.h>

typedef struct {
    uint16_t in_h, in_w, in_c;
    uint16_t out_h, out_w, out_c;
    uint8_t kernel_h, kernel_w;
    int8_t pad_top, pad_left;
    int8_t padding;     /* the input's zero point */
    int8_t zero_point;  /* the output's */
    int8_t least, most; /* of the outputs */
    unsigned batches : 4;
    unsigned stride_h : 7, stride_w : 7;
    unsigned dilation_h : 7, dilation_w : 7;
    unsigned from_end : 1;
    unsigned start_bits : 5; /* of a channel's word, at its top: what its sum starts with; 0 where
                                no channel is packed */
    unsigned more_bits : 5;  /* of a channel's scale that its word has no room for */
    unsigned shift_bits : 3; /* of a channel's scale: how much farther it shifts than least_shift */
    unsigned least_shift : 5; /* to the right, less one */
    unsigned low : 13;        /* the low bits of all multipliers */
} tm_layer;

/* What the loops in assembly take of a channel. */
typedef struct {
    int32_t start;      /* of a sum */
    int32_t multiplier; /* 2^30 or more */
    int32_t shift;      /* to the right, less one */
} tm_channel;

/* A layer with its tables. Its channels are packed if start_bits is not 0: then a word for each
 * stands before weights. */
typedef struct {
    tm_layer layer;
    const int32_t *weights;
    const void *channels; /* a tm_channel for each, or what words have no room for */
} tm_packed_layer;

/* How many of p's count channels are packed: all or none. */
static inline int32_t tm_packed_count(const tm_packed_layer *p, int32_t count) {
    return p->layer.start_bits != 0 ? count : 0;
}

#endif
