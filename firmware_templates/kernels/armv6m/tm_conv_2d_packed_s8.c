/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_packed_s8.h"

#include "tm_hold_s8.h"
#include "tm_next_pixel.h"

/* Puts count inputs of four pixels into x; returns what is behind them. */
static int32_t *pack(const int8_t *const *from, int32_t count, int32_t *x) {
    const int8_t *a = from[0], *b = from[1], *c = from[2], *d = from[3];
    for (const int8_t *const end = a + count; a != end; x += 2) {
        x[0] = *a++ + *b++ * 65536;
        x[1] = *c++ + *d++ * 65536;
    }
    return x;
}

/* Puts all inputs of four pixels into x, tap by tap. */
static void gather(const tm_window *w, const tm_pixel *at, const int8_t *edge, int32_t *x) {
    int32_t left[4];
    for (int32_t i = 0; i < 4; ++i) {
        left[i] = at[i].x * w->stride_w - w->pad_left;
    }
    for (int32_t tap_y = 0; tap_y < w->kernel_h; ++tap_y) {
        const int8_t *rows[4];
        for (int32_t i = 0; i < 4; ++i) {
            const int32_t y = at[i].y * w->stride_h - w->pad_top + tap_y * w->dilation_h;
            rows[i] = y >= 0 && y < w->in_h ? at[i].in + y * w->in_w * w->in_c : 0;
        }
        for (int32_t tap_x = 0; tap_x < w->kernel_w; ++tap_x) {
            const int8_t *taps[4];
            for (int32_t i = 0; i < 4; ++i) {
                const int32_t column = left[i] + tap_x * w->dilation_w;
                const int32_t is_tap = rows[i] != 0 && column >= 0 && column < w->in_w;
                taps[i] = is_tap ? rows[i] + column * w->in_c : edge;
            }
            x = pack(taps, w->in_c, x);
        }
    }
}

void tm_conv_2d_packed_s8(const tm_conv_2d_packed_s8_params *p, const int8_t *in,
                          const int32_t *weights, int32_t *x, int8_t *edge, int8_t *some,
                          int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t inputs = w->kernel_h * w->kernel_w * w->in_c, pixels = tm_pixel_count(w);
    const int32_t step = w->from_end ? -w->out_c : w->out_c;
    tm_packed_tile tile = {(inputs + 3) / 4, w->out_c, p->rounding, step};
    tm_pixel next = tm_pixel_after(w, 0, in, out);
    int32_t count;
    memset(edge, p->padding, (size_t)w->in_c);
    memset(x + 2 * inputs, 0, (size_t)(8 * (4 * tile.fours - inputs)));
    for (int32_t done = 0; done < pixels; done += count) {
        int8_t *const to = next.out;
        tm_pixel at[4];
        count = pixels - done < 4 ? pixels - done : 4;
        for (int32_t i = 0; i < 4; ++i) {
            at[i] = next;
            if (i + 1 < count || count == 4) {
                tm_next_pixel(w, &next);
            }
        }
        gather(w, at, edge, x);
        int8_t *const made = count == 2 || count == 3 ? some : to;
        tile.out_step = count == 1 ? 0 : made == some ? w->out_c : step;
        tm_packed_tile_s8(&tile, x, weights, made);
        for (int32_t i = 0; i < count; ++i) {
            int8_t *const one = made + i * tile.out_step;
            tm_hold_s8(one, w->out_c, p->least, p->most);
            if (made == some) {
                memcpy(to + i * step, one, (size_t)w->out_c);
            }
        }
    }
}
