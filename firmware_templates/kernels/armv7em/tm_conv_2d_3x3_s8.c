/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_3x3_s8.h"

#include "tm_hold_s8.h"
#include "tm_layer_channels.h"
#include "tm_layer_window.h"
#include "tm_little.h"
#include "tm_widen_columns_s8.h"
#include "tm_widen_s8.h"

/* Puts six columns of three rows from (top, left) on into x. */
static TM_LITTLE void gather(const tm_window *w, const int8_t *in, int32_t top, int32_t left,
                             const int8_t *outside, int32_t *x, uint32_t twice) {
    const int8_t *columns[6];
    for (int32_t y = top; y < top + 3; ++y) {
        const int32_t is_inside = y >= 0 && y < w->in_h;
        int32_t place = (y * w->in_w + left) * w->in_c;
        for (int32_t i = 0; i < 6; ++i) {
            const int32_t column = left + i;
            columns[i] = is_inside && column >= 0 && column < w->in_w ? in + place : outside;
            place += w->in_c;
        }
        tm_widen_columns_s8(columns, w->in_c, x, twice);
        x += 3 * w->in_c;
    }
}

TM_LITTLE void tm_conv_2d_3x3_s8(const tm_conv_2d_3x3_s8_params *params, const int8_t *in,
                                 int32_t *x, int8_t *out) {
    const tm_layer *const p = &params->layer;
    tm_window window;
    tm_layer_window(p, &window);
    const tm_window *const w = &window;
    const int32_t pixels = tm_pixel_count(w), count = (w->out_c + 1) & ~1;
    const tm_tile tile = {9 * w->in_c / 2, w->out_c, w->out_c, 2 * p->zero_point + 1, 1};
    int32_t *const outside = x + 9 * w->in_c;
    const tm_channel *const channels =
        tm_layer_channels(params, count, (tm_channel *)(outside + w->in_c / 4));
    memset(outside, p->padding, (size_t)w->in_c);
    for (int32_t done = 0; done < pixels; done += 4) {
        const tm_pixel at = tm_pixel_after(w, w->from_end ? done + 3 : done, in, out);
        gather(w, at.in, at.y - w->pad_top, at.x - w->pad_left, (const int8_t *)outside, x,
               tm_twice(-p->padding));
        tm_tile_s8(&tile, x, params->weights, channels, at.out);
        tm_hold(at.out, 4 * w->out_c, p->least, p->most);
    }
}
