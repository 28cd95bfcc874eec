/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_taps_s16.h"

#include "tm_depthwise_taps_s16.h"
#include "tm_hold_s16.h"
#include "tm_little.h"

static TM_LITTLE void find_taps(const tm_window *w, const tm_pixel *pixel, const int8_t *outside,
                                const int8_t **at) {
    int32_t y = pixel->y * w->stride_h - w->pad_top;
    for (int32_t i = 0; i < w->kernel_h; ++i, y += w->dilation_h) {
        int32_t x = pixel->x * w->stride_w - w->pad_left;
        const int8_t *from = pixel->in + (y * w->in_w + x) * w->in_c;
        for (int32_t j = 0; j < w->kernel_w; ++j, x += w->dilation_w) {
            const int32_t is_inside =
                (uint32_t)y < (uint32_t)w->in_h && (uint32_t)x < (uint32_t)w->in_w;
            *at++ = is_inside ? from : outside;
            from += w->dilation_w * w->in_c;
        }
    }
}

TM_LITTLE void tm_depthwise_conv_2d_taps_s16(const tm_depthwise_conv_2d_taps_s16_params *p,
                                             const int16_t *in, const int32_t *table,
                                             const int8_t **scratch, int16_t *out) {
    const tm_window *const w = &p->window;
    const tm_fours_wide fours = {w->kernel_h * w->kernel_w, w->in_c - 8, p->least};
    const int32_t pixels = tm_pixel_count(w);
    int8_t *const outside = (int8_t *)(scratch + fours.taps);
    memset(outside, 0, (size_t)w->in_c);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel pixel = tm_pixel_after(w, n, (const int8_t *)in, (int8_t *)out);
        find_taps(w, &pixel, outside, scratch);
        tm_depthwise_taps_s16(&fours, scratch, table, pixel.out);
        tm_hold_wide((int16_t *)(void *)pixel.out, w->out_c / 2, p->least, p->most);
    }
}
