/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SMALL_H
#define TM_SMALL_H

#include <stdint.h>

#include "tm_requantize.h"

/* What kernels with little code take: tm_window in few bytes, of one batch, and the zero points. */
typedef struct {
    uint16_t in_h, in_w, in_c;
    uint16_t out_h, out_w, out_c;
    uint8_t kernel_h, kernel_w;
    uint8_t stride_h, stride_w;
    uint8_t dilation_h, dilation_w;
    int8_t pad_top, pad_left;
    int8_t padding;     /* the input's zero point */
    int8_t zero_point;  /* the output's */
    uint8_t scale_step; /* 1: a scale for each channel; 0: one for all */
    uint8_t from_end;
    /* The input's scale by the output's: (scale_high * 2^32 + scale_low) / 2^64, from a half to
     * one, times a power of two. The last eight bits of scale_low are the least shift to the right
     * of all channels, less one. */
    uint32_t scale_high, scale_low;
} tm_small;

/* The input under a window's first tap, which may be outside of the image. */
typedef struct {
    int32_t top, left;
} tm_small_window;

static inline tm_small_window tm_small_window_at(const tm_small *p, int32_t place) {
    const int32_t row = place / p->out_w, column = place - row * p->out_w;
    const tm_small_window at = {row * p->stride_h - p->pad_top, column * p->stride_w - p->pad_left};
    return at;
}

/* Where the input at (y, x) is; outside where there is none. */
static inline const int8_t *tm_small_input(const tm_small *p, const int8_t *in, int32_t y,
                                           int32_t x, const int8_t *outside) {
    const int32_t is_inside = y >= 0 && y < p->in_h && x >= 0 && x < p->in_w;
    return is_inside ? in + (y * p->in_w + x) * p->in_c : outside;
}

/* The place of the output pixel whose turn it is after so many others. */
static inline int32_t tm_small_place(const tm_small *p, int32_t others) {
    return p->from_end ? p->out_h * p->out_w - 1 - others : others;
}

/* What the loops in assembly take. */
typedef struct {
    int32_t length;      /* words of inputs of a pixel, or taps */
    int32_t out_count;   /* output channels */
    int32_t least_shift; /* of all channels */
    int32_t rounding;    /* 2 * zero_point + 1 of the output */
    int32_t out_step;    /* from a pixel's outputs to those of the next */
} tm_small_loop;

static inline tm_small_loop tm_small_loop_of(const tm_small *p, int32_t length, int32_t out_step) {
    const tm_small_loop loop = {length, p->out_c, (int32_t)(p->scale_low & 255),
                                2 * p->zero_point + 1, out_step};
    return loop;
}

/* What a sum starts with stands in the high 21 bits of a word, and a part of its scale below. */
enum { TM_SMALL_START = 11 };

/* An output of a sum. The low four bits of start are the shift to the right less one, and less the
 * least one. */
static inline int8_t tm_small_output(const tm_small_loop *t, int32_t sum, int32_t start,
                                     int32_t multiplier) {
    const int32_t less = (start & 15) + t->least_shift;
    const int32_t high = tm_high_mul(sum, multiplier);
    const int32_t moved = (high + (high >> 31) + tm_shift_left(t->rounding, less)) >> less >> 1;
    return (int8_t)tm_clamp(moved, INT8_MIN, INT8_MAX);
}

#endif
