/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_fours_s8.h"

#include "tm_hold_s8.h"
#include "tm_next_pixel.h"

/* Where the taps of a window start that is all inside of the image. */
static void step_over_taps(const tm_window *w, const int8_t *row, const int8_t **at) {
    const int32_t step = w->dilation_w * w->in_c, row_step = w->dilation_h * w->in_w * w->in_c;
    for (int32_t i = w->kernel_h; i > 0; --i, row += row_step) {
        const int8_t *tap = row;
        for (int32_t j = w->kernel_w; j > 0; --j, tap += step) {
            *at++ = tap;
        }
    }
}

static void find_taps(const tm_window *w, const tm_pixel *pixel, const int8_t *outside,
                      const int8_t **at) {
    const int32_t left = pixel->x * w->stride_w - w->pad_left, step = w->dilation_w;
    const int32_t right = left + (w->kernel_w - 1) * step;
    int32_t y = pixel->y * w->stride_h - w->pad_top;
    if (y >= 0 && y + (w->kernel_h - 1) * w->dilation_h < w->in_h && left >= 0 && right < w->in_w) {
        step_over_taps(w, pixel->in + (y * w->in_w + left) * w->in_c, at);
        return;
    }
    for (int32_t i = w->kernel_h; i > 0; --i, y += w->dilation_h) {
        const int32_t is_inside = y >= 0 && y < w->in_h;
        const int8_t *const row = is_inside ? pixel->in + y * w->in_w * w->in_c : outside;
        for (int32_t j = w->kernel_w, x = left; j > 0; --j, x += step) {
            *at++ = is_inside && x >= 0 && x < w->in_w ? row + x * w->in_c : outside;
        }
    }
}

void tm_depthwise_conv_2d_fours_s8(const tm_depthwise_conv_2d_fours_s8_params *p, const int8_t *in,
                                   const int32_t *weights, const int8_t **at, int8_t *outside,
                                   int8_t *out) {
    const tm_window *const w = &p->window;
    tm_pixel pixel = tm_pixel_after(w, 0, in, out);
    memset(outside, p->padding, (size_t)w->in_c);
    for (int32_t left = tm_pixel_count(w); left > 0; --left) {
        find_taps(w, &pixel, outside, at);
        tm_taps_fours_s8(&p->fours, at, weights, pixel.out);
        tm_hold_s8(pixel.out, w->out_c, p->least, p->most);
        tm_next_pixel(w, &pixel);
    }
}
