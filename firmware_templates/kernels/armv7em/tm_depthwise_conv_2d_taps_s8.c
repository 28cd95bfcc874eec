/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_taps_s8.h"

#include "tm_depthwise_taps_s8.h"
#include "tm_fours_channels.h"
#include "tm_hold_s8.h"
#include "tm_layer_window.h"
#include "tm_little.h"

static TM_LITTLE void find_taps(const tm_window *w, const tm_pixel *pixel, const int8_t *outside,
                                const int8_t **at) {
    int32_t y = pixel->y * w->stride_h - w->pad_top;
    for (int32_t i = 0; i < w->kernel_h; ++i, y += w->dilation_h) {
        const int32_t is_inside = y >= 0 && y < w->in_h;
        int32_t x = pixel->x * w->stride_w - w->pad_left;
        for (int32_t j = 0; j < w->kernel_w; ++j, x += w->dilation_w) {
            const int32_t is_tap = is_inside && x >= 0 && x < w->in_w;
            *at++ = is_tap ? pixel->in + (y * w->in_w + x) * w->in_c : outside;
        }
    }
}

TM_LITTLE void tm_depthwise_conv_2d_taps_s8(const tm_depthwise_conv_2d_taps_s8_params *params,
                                            const int8_t *in, const int8_t **scratch, int8_t *out) {
    const tm_layer *const p = &params->layer;
    tm_window window;
    tm_layer_window(p, &window);
    const tm_window *const w = &window;
    const int32_t pixels = tm_pixel_count(w), count = tm_fours_count(params);
    const tm_fours fours = {w->in_c - 4, 2 * p->zero_point + 1, 0, w->kernel_h * w->kernel_w};
    int8_t *const outside = (int8_t *)(scratch + fours.taps);
    const tm_channel *const channels =
        tm_fours_channels(params, count, (tm_channel *)(void *)(outside + count));
    memset(outside, p->padding, (size_t)w->in_c);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel pixel = tm_pixel_after(w, n, in, out);
        find_taps(w, &pixel, outside, scratch);
        tm_depthwise_taps_s8(&fours, scratch, params->weights, channels, pixel.out);
        tm_hold(pixel.out, w->out_c, p->least, p->most);
    }
}
