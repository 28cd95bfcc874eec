/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_pairs_s8.h"

#include "tm_hold_s8.h"
#include "tm_widen_s8.h"

/* The columns under the windows of four pixels that stand side by side. */
typedef struct {
    int32_t from, count; /* some may be outside of the image */
    int32_t begin, end;  /* those that are inside, counted from the first */
} span;

static span span_of(const tm_window *w, int32_t first_x) {
    span s;
    s.from = first_x * w->stride_w - w->pad_left;
    s.count = 3 * w->stride_w + w->kernel_w;
    const int32_t left = w->in_w - s.from;
    s.begin = s.from < 0 ? -s.from : 0;
    s.end = left < s.count ? left : s.count;
    return s;
}

/* Puts the inputs of four pixels into x that stand side by side in a row, if their taps do too.
 * step is from one pixel to the next; wide has room for four rows of taps, which gather_taps does
 * not need. Returns whether they are such pixels. */
static int32_t gather_side_by_side(const tm_conv_2d_pairs_s8_params *p, const tm_pixel *first,
                                   int32_t step, int32_t *x, const int8_t *outside, int8_t *wide) {
    const tm_window *const w = &p->window;
    const int32_t last = first->x + 3 * step, length = w->kernel_w * w->in_c;
    if (last < 0 || last >= w->out_w || w->dilation_w != 1 || w->stride_w > w->kernel_w) {
        return 0;
    }
    const span s = span_of(w, step > 0 ? first->x : last);
    const int32_t is_inside = s.begin == 0 && s.end == s.count;
    const int32_t start = step > 0 ? 0 : 3 * w->stride_w * w->in_c;
    const int32_t between = step * w->stride_w * w->in_c;
    if (!is_inside && w->in_c % 4 == 0) {
        return 0;
    }
    if (!is_inside) {
        memset(wide, p->padding, (size_t)(s.count * w->in_c));
    }
    int32_t y = first->y * w->stride_h - w->pad_top;
    for (int32_t tap = 0; tap < w->kernel_h; ++tap, y += w->dilation_h) {
        const int32_t is_row = y >= 0 && y < w->in_h;
        const int8_t *rows[4] = {outside, outside, outside, outside};
        if (is_row) {
            const int8_t *in = first->in + (y * w->in_w + s.from) * w->in_c;
            if (!is_inside && s.end > s.begin) {
                const int32_t skipped = s.begin * w->in_c;
                tm_copy_few(wide + skipped, in + skipped, (s.end - s.begin) * w->in_c);
            }
            in = (is_inside ? in : wide) + start;
            for (int32_t i = 0; i < 4; ++i, in += between) {
                rows[i] = in;
            }
        }
        tm_widen_s8(rows, length, x);
        x += 4 * tm_words_of(length);
    }
    return 1;
}

/* Puts the inputs of four pixels into x tap by tap. So they stand in the same order where channels
 * are a multiple of four. */
static void gather_taps(const tm_window *w, const tm_pixel *at, int32_t *x, const int8_t *outside) {
    for (int32_t tap_y = 0; tap_y < w->kernel_h; ++tap_y) {
        for (int32_t tap_x = 0; tap_x < w->kernel_w; ++tap_x) {
            const int8_t *taps[4];
            for (int32_t i = 0; i < 4; ++i) {
                const int32_t row = at[i].y * w->stride_h - w->pad_top + tap_y * w->dilation_h;
                const int32_t column = at[i].x * w->stride_w - w->pad_left + tap_x * w->dilation_w;
                const int32_t is_inside =
                    row >= 0 && row < w->in_h && column >= 0 && column < w->in_w;
                taps[i] = is_inside ? at[i].in + (row * w->in_w + column) * w->in_c : outside;
            }
            tm_widen_s8(taps, w->in_c, x);
            x += 2 * w->in_c;
        }
    }
}

/* Where the inputs of a pixel under a row of taps stand side by side: in the image's row at in, or
 * copied to edge, which is padding where they are outside. */
static const int8_t *row_of(const tm_window *w, const tm_pixel *at, const int8_t *in,
                            int8_t *edge) {
    int32_t column = at->x * w->stride_w - w->pad_left;
    if (w->dilation_w == 1 && column >= 0 && column + w->kernel_w <= w->in_w) {
        return in + column * w->in_c;
    }
    int8_t *to = edge;
    for (int32_t tap = w->kernel_w; tap > 0; --tap, column += w->dilation_w, to += w->in_c) {
        if (column >= 0 && column < w->in_w) {
            tm_copy_few(to, in + column * w->in_c, w->in_c);
        }
    }
    return edge;
}

/* Puts the inputs of four pixels into x row by row. */
static void gather_rows(const tm_conv_2d_pairs_s8_params *p, const tm_pixel *at, int32_t *x,
                        int8_t *edge) {
    const tm_window *const w = &p->window;
    const int32_t length = w->kernel_w * w->in_c;
    memset(edge + length, p->padding, (size_t)(4 * length));
    for (int32_t tap = 0; tap < w->kernel_h; ++tap) {
        const int8_t *rows[4];
        for (int32_t i = 0; i < 4; ++i) {
            const int32_t y = at[i].y * w->stride_h - w->pad_top + tap * w->dilation_h;
            rows[i] = y >= 0 && y < w->in_h ? row_of(w, &at[i], at[i].in + y * w->in_w * w->in_c,
                                                     edge + (i + 1) * length)
                                            : edge;
        }
        tm_widen_s8(rows, length, x);
        x += 4 * tm_words_of(length);
    }
}

/* Puts the inputs of count pixels from first on into x, the last one as often as it takes for four.
 * Returns where the first one's outputs go. */
static int8_t *gather(const tm_conv_2d_pairs_s8_params *p, const int8_t *in, int32_t first,
                      int32_t count, int32_t *x, int8_t *edge, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t length = w->kernel_w * w->in_c, step = w->from_end ? -1 : 1;
    tm_pixel at[4];
    for (int32_t i = 0; i < 4; ++i) {
        at[i] = tm_pixel_after(w, first + (i < count ? i : count - 1), in, out);
        if (i == 0 && count == 4 && gather_side_by_side(p, at, step, x, edge, edge + length)) {
            return at[0].out;
        }
    }
    if (w->in_c % 4 == 0) {
        gather_taps(w, at, x, edge);
    } else {
        gather_rows(p, at, x, edge);
    }
    return at[0].out;
}

void tm_conv_2d_pairs_s8(const tm_conv_2d_pairs_s8_params *p, const int8_t *in,
                         const int32_t *weights, const uint8_t *scales, int32_t *x, int8_t *edge,
                         int8_t *some, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w), step = w->from_end ? -w->out_c : w->out_c;
    tm_tile tile = p->tile;
    int32_t count;
    memset(edge, p->padding, (size_t)(w->kernel_w * w->in_c));
    for (int32_t done = 0; done < pixels; done += count) {
        count = pixels - done < 4 ? pixels - done : 4;
        int8_t *const to = gather(p, in, done, count, x, edge, out);
        int8_t *const made = count == 2 || count == 3 ? some : to;
        tile.out_step = count == 1 ? 0 : made == some ? w->out_c : step;
        tm_tile_s8(&tile, x, weights, scales, made);
        for (int32_t i = 0; i < count; ++i) {
            int8_t *const one = made + i * tile.out_step;
            tm_hold(one, w->out_c, p->least, p->most);
            if (made == some) {
                memcpy(to + i * step, one, (size_t)w->out_c);
            }
        }
    }
}
