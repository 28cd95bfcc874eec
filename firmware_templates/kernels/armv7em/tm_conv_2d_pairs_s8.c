/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_pairs_s8.h"

#include "tm_hold_s8.h"
#include "tm_widen_s8.h"

/* The window of a pixel. */
typedef struct {
    const int8_t *in;       /* the batch's input */
    int32_t top, left;      /* where its first tap is */
    int32_t x_begin, x_end; /* taps of a row that are in the image */
    int8_t *edge;           /* where a row is put together if not all are */
} reach;

static void start(const tm_window *w, const tm_pixel *at, int8_t padding, reach *r) {
    r->in = at->in;
    r->top = at->y * w->stride_h - w->pad_top;
    r->left = at->x * w->stride_w - w->pad_left;
    r->x_begin = tm_first_tap(r->left, w->dilation_w);
    r->x_end = tm_end_tap(r->left, w->dilation_w, w->kernel_w, w->in_w);
    if (r->x_begin > 0 || r->x_end < w->kernel_w) {
        memset(r->edge, padding, (size_t)(w->kernel_w * w->in_c));
    }
}

/* Where the inputs under a row of taps stand side by side. */
static const int8_t *row_of(const tm_window *w, const reach *r, int32_t tap,
                            const int8_t *outside) {
    const int32_t y = r->top + tap * w->dilation_h;
    if (y < 0 || y >= w->in_h) {
        return outside;
    }
    const int32_t count = r->x_end - r->x_begin;
    if (count <= 0) {
        return r->edge;
    }
    const int32_t x = r->left + r->x_begin * w->dilation_w;
    const int8_t *from = r->in + (y * w->in_w + x) * w->in_c;
    if (count == w->kernel_w && w->dilation_w == 1) {
        return from;
    }
    int8_t *to = r->edge + r->x_begin * w->in_c;
    const int32_t run = w->dilation_w == 1 ? count * w->in_c : w->in_c;
    for (const int8_t *const end = to + count * w->in_c; to < end; to += run) {
        tm_copy_few(to, from, run);
        from += w->dilation_w * w->in_c;
    }
    return r->edge;
}

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
 * step is from one pixel to the next; wide has room for four rows of taps. Returns whether they are
 * such pixels. */
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

/* Puts the inputs of count pixels from first on into x, the last one as often as it takes for four.
 * Returns where the first one's outputs go. */
static int8_t *gather(const tm_conv_2d_pairs_s8_params *p, const int8_t *in, int32_t first,
                      int32_t count, int32_t *x, int8_t *edge, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t length = w->kernel_w * w->in_c;
    int8_t *to = NULL;
    reach reaches[4];
    for (int32_t i = 0; i < 4; ++i) {
        const tm_pixel at = tm_pixel_after(w, first + (i < count ? i : count - 1), in, out);
        if (i == 0) {
            to = at.out;
            if (count == 4 &&
                gather_side_by_side(p, &at, w->from_end ? -1 : 1, x, edge, edge + length)) {
                return to;
            }
        }
        reaches[i].edge = edge + (i + 1) * length;
        start(w, &at, (int8_t)p->padding, &reaches[i]);
    }
    const int8_t *rows[4];
    for (int32_t tap = 0; tap < w->kernel_h; ++tap) {
        for (int32_t i = 0; i < 4; ++i) {
            rows[i] = row_of(w, &reaches[i], tap, edge);
        }
        tm_widen_s8(rows, length, x);
        x += 4 * tm_words_of(length);
    }
    return to;
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
