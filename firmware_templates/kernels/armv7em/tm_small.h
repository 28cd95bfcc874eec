/* SPDX-License-Identifier: Apache-2.0
 *
 * What kernels with little code share. They take layers of one batch. */
#ifndef TM_SMALL_H
#define TM_SMALL_H

#include "tm_layer.h"

/* The input under a window's first tap, which may be outside of the image. */
typedef struct {
    int32_t top, left;
} tm_small_window;

static inline tm_small_window tm_small_window_at(const tm_layer *p, int32_t place) {
    const int32_t row = place / p->out_w, column = place - row * p->out_w;
    const tm_small_window at = {row * p->stride_h - p->pad_top, column * p->stride_w - p->pad_left};
    return at;
}

/* Where the input at (y, x) is; outside where there is none. */
static inline const int8_t *tm_small_input(const tm_layer *p, const int8_t *in, int32_t y,
                                           int32_t x, const int8_t *outside) {
    const int32_t is_inside = y >= 0 && y < p->in_h && x >= 0 && x < p->in_w;
    return is_inside ? in + (y * p->in_w + x) * p->in_c : outside;
}

/* The place of the output pixel whose turn it is after so many others. */
static inline int32_t tm_small_place(const tm_layer *p, int32_t others) {
    return p->from_end ? p->out_h * p->out_w - 1 - others : others;
}

/* What the loops in assembly take. */
typedef struct {
    int32_t length;    /* words of inputs of a pixel, or taps */
    int32_t out_count; /* output channels */
    int32_t rounding;  /* 2 * zero_point + 1 of the output */
    int32_t out_step;  /* from a pixel's outputs to those of the next */
} tm_small_loop;

static inline tm_small_loop tm_small_loop_of(const tm_layer *p, int32_t length, int32_t out_step) {
    const tm_small_loop loop = {length, p->out_c, 2 * p->zero_point + 1, out_step};
    return loop;
}

#endif
