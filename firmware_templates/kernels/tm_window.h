/* SPDX-License-Identifier: Apache-2.0
 *
 * A window that slides over an image: what convolutions and poolings share. */
#ifndef TM_WINDOW_H
#define TM_WINDOW_H

#include <stdint.h>

#include "tm_bytes.h"
#include "tm_memory.h"

/* The input is (batches, in_h, in_w, in_c), the output (batches, out_h, out_w, out_c). Tap (0, 0)
 * of output (y, x) stands on input (y * stride_h - pad_top, x * stride_w - pad_left). A pad can be
 * negative, where an input has pixels before those of a patch. */
typedef struct {
    int32_t batches;
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t dilation_h, dilation_w;
    int32_t pad_top, pad_left;
    int32_t from_end; /* 1: the output's last pixel comes first, see tm_pixel */
} tm_window;

/* A pixel of the output. Kernels go through all of them from the first to the last, or from the
 * last to the first, and finish one before they begin the next: the memory planner lets an output
 * stand over its input as far as that order allows. */
typedef struct {
    int32_t y, x;
    const int8_t *in; /* the batch's input */
    int8_t *out;      /* the pixel's first channel */
} tm_pixel;

static inline int32_t tm_pixel_count(const tm_window *w) {
    return w->batches * w->out_h * w->out_w;
}

/* The pixel whose turn it is after so many others; in and out are those of the kernel. */
static inline tm_pixel tm_pixel_after(const tm_window *w, int32_t others, const int8_t *in,
                                      int8_t *out) {
    const int32_t place = w->from_end ? tm_pixel_count(w) - 1 - others : others;
    const int32_t row = place / w->out_w, batch = row / w->out_h;
    const tm_pixel pixel = {row - batch * w->out_h, place - row * w->out_w,
                            in + batch * w->in_h * w->in_w * w->in_c, out + place * w->out_c};
    return pixel;
}

/* The first tap that is not before the image, of those at first, first + step, ... */
static inline int32_t tm_first_tap(int32_t first, int32_t step) {
    return first >= 0 ? 0 : (step - 1 - first) / step;
}

/* One past the last tap that is in an image of size, of count at first, first + step, ... */
static inline int32_t tm_end_tap(int32_t first, int32_t step, int32_t count, int32_t size) {
    if (first >= size) {
        return 0;
    }
    const int32_t inside = (size - 1 - first) / step + 1;
    return inside < count ? inside : count;
}

/* The part of a window that is in the image: its first pixel, and how many taps there are. */
typedef struct {
    const int8_t *first;
    int32_t height, width;
} tm_pool;

/* The pool of output (y, x) in the image at in; dilations are 1. */
static inline tm_pool tm_pool_at(const tm_window *w, const int8_t *in, int32_t y, int32_t x) {
    const int32_t top = y * w->stride_h - w->pad_top, left = x * w->stride_w - w->pad_left;
    const int32_t y_begin = tm_first_tap(top, 1), x_begin = tm_first_tap(left, 1);
    const tm_pool pool = {
        in + ((top + y_begin) * w->in_w + left + x_begin) * w->in_c,
        tm_end_tap(top, 1, w->kernel_h, w->in_h) - y_begin,
        tm_end_tap(left, 1, w->kernel_w, w->in_w) - x_begin,
    };
    return pool;
}

/* Copies channels [0, count) at in, an image of the window's input, under the taps of the window at
 * (top, left) into patch (kernel_h, kernel_w, count). Taps outside of the image become padding. */
static inline void tm_gather_patch(const tm_window *w, const int8_t *in, int32_t top, int32_t left,
                                   int32_t count, int8_t padding, int8_t *patch) {
    const int32_t y_begin = tm_first_tap(top, w->dilation_h);
    const int32_t y_end = tm_end_tap(top, w->dilation_h, w->kernel_h, w->in_h);
    const int32_t x_begin = tm_first_tap(left, w->dilation_w);
    const int32_t x_end = tm_end_tap(left, w->dilation_w, w->kernel_w, w->in_w);
    const int32_t row = w->kernel_w * count;
    if (y_end - y_begin < w->kernel_h || x_end - x_begin < w->kernel_w) {
        tm_fill_bytes(patch, padding, w->kernel_h * row);
    }
    if (x_begin >= x_end) {
        return;
    }
    const int32_t tap_step = w->dilation_w * w->in_c;
    for (int32_t y = y_begin; y < y_end; ++y) {
        const int32_t in_y = top + y * w->dilation_h;
        const int32_t in_x = left + x_begin * w->dilation_w;
        const int8_t *from = in + (in_y * w->in_w + in_x) * w->in_c;
        int8_t *to = patch + y * row + x_begin * count;
        if (tap_step == count) {
            tm_copy_bytes(to, from, (x_end - x_begin) * count);
            continue;
        }
        for (int32_t x = x_begin; x < x_end; ++x) {
            tm_copy_few(to, from, count);
            from += tap_step;
            to += count;
        }
    }
}

#endif
