/* SPDX-License-Identifier: Apache-2.0
 *
 * The taps of a window that are in the image, for kernels that read them where they are. */
#ifndef TM_TAPS_H
#define TM_TAPS_H

#include "tm_window.h"

/* The window of one output pixel: taps in the image, and how many are outside of it. */
typedef struct {
    const int8_t *in;           /* the first tap in the image */
    int32_t tap_step, row_step; /* from one tap in the image to the next */
    int32_t rows, width;        /* taps in the image */
    int32_t above, below;       /* taps in rows that are outside */
    int32_t before, after;      /* taps outside in the other rows */
} tm_taps;

static inline tm_taps tm_taps_at(const tm_window *w, const int8_t *in, int32_t y, int32_t x) {
    const int32_t top = y * w->stride_h - w->pad_top, left = x * w->stride_w - w->pad_left;
    const int32_t y_begin = tm_first_tap(top, w->dilation_h);
    const int32_t y_end = tm_end_tap(top, w->dilation_h, w->kernel_h, w->in_h);
    const int32_t x_begin = tm_first_tap(left, w->dilation_w);
    const int32_t x_end = tm_end_tap(left, w->dilation_w, w->kernel_w, w->in_w);
    const int32_t in_y = top + y_begin * w->dilation_h, in_x = left + x_begin * w->dilation_w;
    const tm_taps t = {
        .in = in + (in_y * w->in_w + in_x) * w->in_c,
        .tap_step = w->dilation_w * w->in_c,
        .row_step = w->dilation_h * w->in_w * w->in_c,
        .rows = y_end - y_begin,
        .width = x_end - x_begin,
        .above = y_begin * w->kernel_w,
        .below = (w->kernel_h - y_end) * w->kernel_w,
        .before = x_begin,
        .after = w->kernel_w - x_end,
    };
    return t;
}

#endif
