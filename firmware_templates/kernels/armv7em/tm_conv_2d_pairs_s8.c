/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_pairs_s8.h"

#include "tm_hold_s8.h"
#include "tm_layer_channels.h"
#include "tm_layer_window.h"
#include "tm_little.h"
#include "tm_turn.h"
#include "tm_widen_s8.h"

/* A pixel's inputs under a row of taps. */
typedef struct {
    const int8_t *at; /* of the first tap, which may be outside of the image */
    int8_t *edge;     /* where they are put together; NULL if they stand side by side */
    int32_t y, x;     /* of the first tap */
} taps;

static TM_LITTLE void find_taps(const tm_window *w, const tm_turn *pixel, int8_t *edge, taps *t) {
    t->x = pixel->x * w->stride_w - w->pad_left;
    t->y = pixel->y * w->stride_h - w->pad_top;
    t->at = pixel->in + (t->y * w->in_w + t->x) * w->in_c;
    const int32_t is_row = w->dilation_w == 1 && t->x >= 0 && t->x + w->kernel_w <= w->in_w;
    t->edge = is_row ? NULL : edge;
}

/* Puts the inputs that are in the image where the others are padding already: all at once where
 * they stand side by side. */
static TM_LITTLE const int8_t *put_together(const tm_window *w, const taps *t) {
    int32_t tap = 0, count = 1;
    if (w->dilation_w == 1) {
        const int32_t left = w->in_w - t->x;
        tap = t->x < 0 ? -t->x : 0;
        count = (left < w->kernel_w ? left : w->kernel_w) - tap;
    }
    for (; count > 0 && tap < w->kernel_w; tap += count) {
        const int32_t from = tap * w->dilation_w;
        if ((uint32_t)(t->x + from) < (uint32_t)w->in_w) {
            tm_copy_few(t->edge + tap * w->in_c, t->at + from * w->in_c, count * w->in_c);
        }
    }
    return t->edge;
}

/* What the inputs of four pixels are put into, row by row. */
typedef struct {
    int32_t *x;
    const int8_t *outside; /* a row of padding */
    uint32_t twice;
} target;

static TM_LITTLE void widen(const tm_window *w, const int8_t *const *rows, target *to) {
    const int32_t length = w->kernel_w * w->in_c;
    tm_widen_s8(rows, length, to->x, to->twice);
    to->x += 4 * tm_words_of(length);
}

/* Puts in the inputs of the pixel at turn, and of the next three, if they stand in a row of the
 * output, taps without a gap. What is outside of the image is put beside what is not in columns,
 * which has room for four rows of taps. Returns whether they do. */
static TM_LITTLE int32_t widen_side_by_side(const tm_window *w, int32_t padding, int32_t step,
                                            const tm_turn *t, int8_t *columns, target to) {
    const int32_t last = t->x + 3 * step, count = 3 * w->stride_w + w->kernel_w;
    const int32_t left = (step > 0 ? t->x : last) * w->stride_w - w->pad_left;
    const int32_t begin = left < 0 ? -left : 0;
    const int32_t end = w->in_w - left < count ? w->in_w - left : count;
    const int32_t is_inside = begin == 0 && end == count;
    if ((uint32_t)last >= (uint32_t)w->out_w || w->dilation_w != 1 ||
        (!is_inside && (w->stride_w > w->kernel_w || begin >= end))) {
        return 0;
    }
    if (!is_inside) {
        memset(columns, padding, (size_t)(count * w->in_c));
    }
    const int32_t between = step * w->stride_w * w->in_c;
    const int32_t start = step > 0 ? 0 : -3 * between;
    int32_t y = t->y * w->stride_h - w->pad_top;
    const int8_t *at = t->in + (y * w->in_w + left) * w->in_c;
    for (int32_t tap = w->kernel_h; tap > 0; --tap) {
        const int8_t *rows[4] = {to.outside, to.outside, to.outside, to.outside};
        if ((uint32_t)y < (uint32_t)w->in_h) {
            if (!is_inside) {
                tm_copy_few(columns + begin * w->in_c, at + begin * w->in_c,
                            (end - begin) * w->in_c);
            }
            const int8_t *from = (is_inside ? at : columns) + start;
            for (int32_t i = 0; i < 4; ++i, from += between) {
                rows[i] = from;
            }
        }
        widen(w, rows, &to);
        y += w->dilation_h;
        at += w->dilation_h * w->in_w * w->in_c;
    }
    return 1;
}

/* Puts in the inputs of any four pixels. */
static TM_LITTLE void widen_rows(const tm_window *w, taps *t, target to) {
    for (int32_t tap = w->kernel_h; tap > 0; --tap) {
        const int8_t *rows[4];
        for (int32_t i = 0; i < 4; ++i) {
            rows[i] = to.outside;
            if ((uint32_t)t[i].y < (uint32_t)w->in_h) {
                rows[i] = t[i].edge == NULL ? t[i].at : put_together(w, &t[i]);
            }
            t[i].y += w->dilation_h;
            t[i].at += w->dilation_h * w->in_w * w->in_c;
        }
        widen(w, rows, &to);
    }
}

/* Puts in the inputs of the pixel at turn, and of so many after it, the last one as often as it
 * takes for four. Goes on to the next turn. edges has room for four rows. */
static TM_LITTLE void gather(const tm_window *w, int32_t padding, int32_t step, int32_t others,
                             tm_turn *t, int8_t *edges, target to) {
    taps found[4];
    if (others >= 3 && widen_side_by_side(w, padding, step, t, edges, to)) {
        t->x += 3 * step;
        tm_next_turn(w, step, t);
        return;
    }
    for (int32_t i = 0; i < 4; ++i, edges += w->kernel_w * w->in_c) {
        find_taps(w, t, edges, &found[i]);
        memset(edges, padding, (size_t)(w->kernel_w * w->in_c));
        if (i < others || others >= 4) {
            tm_next_turn(w, step, t);
        }
    }
    widen_rows(w, found, to);
}

TM_LITTLE void tm_conv_2d_pairs_s8(const tm_conv_2d_pairs_s8_params *params, const int8_t *in,
                                   int32_t *x, int8_t *out) {
    const tm_layer *const p = &params->layer;
    tm_window window;
    tm_layer_window(p, &window);
    const tm_window *const w = &window;
    const int32_t step = w->from_end ? -1 : 1, length = w->kernel_w * w->in_c;
    const int32_t channel_count = (w->out_c + 1) & ~1;
    tm_tile tile = {w->kernel_h * tm_words_of(length), w->out_c, 0, 2 * p->zero_point + 1, 0};
    tm_channel *const room = (tm_channel *)(x + 4 * tile.pairs);
    int8_t *const edge = (int8_t *)(room + tm_packed_count(params, channel_count));
    int8_t *const some = edge + 5 * length;
    const int32_t pixels = tm_pixel_count(w);
    tm_turn pixel = {0, 0, in};
    int8_t *to = out;
    int32_t count;
    if (w->from_end) {
        pixel.y = w->out_h - 1;
        pixel.x = w->out_w - 1;
        pixel.in += (w->batches - 1) * w->in_h * w->in_w * w->in_c;
        to += (pixels - 1) * w->out_c;
    }
    const tm_channel *const channels = tm_layer_channels(params, channel_count, room);
    memset(edge, p->padding, (size_t)length);
    for (int32_t left = pixels; left > 0; left -= count) {
        count = left < 4 ? left : 4;
        const target inputs = {x, edge, tm_twice(-p->padding)};
        gather(w, p->padding, step, left - 1, &pixel, edge + length, inputs);
        int8_t *const made = count == 2 || count == 3 ? some : to;
        tile.out_step = count == 1 ? 0 : made == some ? w->out_c : step * w->out_c;
        tm_tile_s8(&tile, x, params->weights, channels, made);
        for (int32_t i = 0; i < count; ++i, to += step * w->out_c) {
            int8_t *const one = made + i * tile.out_step;
            tm_hold(one, w->out_c, p->least, p->most);
            if (made == some) {
                memcpy(to, one, (size_t)w->out_c);
            }
        }
    }
}
