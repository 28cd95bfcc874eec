/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_3x3_s8.h"

#include "tm_hold_s8.h"
#include "tm_widen_columns_s8.h"

/* Puts six columns of three rows from (top, left) on into x. */
static void gather(const tm_window *w, const int8_t *in, int32_t top, int32_t left,
                   const int8_t *outside, int32_t *x) {
    const int8_t *columns[6];
    for (int32_t y = top; y < top + 3; ++y) {
        const int32_t is_inside = y >= 0 && y < w->in_h;
        int32_t place = (y * w->in_w + left) * w->in_c;
        for (int32_t i = 0; i < 6; ++i) {
            const int32_t column = left + i;
            columns[i] = is_inside && column >= 0 && column < w->in_w ? in + place : outside;
            place += w->in_c;
        }
        tm_widen_columns_s8(columns, w->in_c, x);
        x += 3 * w->in_c;
    }
}

void tm_conv_2d_3x3_s8(const tm_conv_2d_3x3_s8_params *p, const int8_t *in, const int32_t *weights,
                       const uint8_t *scales, int32_t *x, int8_t *outside, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w);
    tm_tile tile = p->tile;
    tile.out_step = w->out_c;
    memset(outside, p->padding, (size_t)w->in_c);
    for (int32_t done = 0; done < pixels; done += 4) {
        const tm_pixel at = tm_pixel_after(w, w->from_end ? done + 3 : done, in, out);
        gather(w, at.in, at.y - w->pad_top, at.x - w->pad_left, outside, x);
        tm_tile_s8(&tile, x, weights, scales, at.out);
        tm_hold(at.out, 4 * w->out_c, p->least, p->most);
    }
}
