/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_transpose_conv_pairs_s8.h"

#include "tm_hold_s8.h"
#include "tm_layer_channels.h"
#include "tm_layer_window.h"
#include "tm_little.h"
#include "tm_widen_s8.h"

/* What all rows of a layer share. */
typedef struct {
    const tm_window *w;
    const tm_layer *p;
    const tm_channel *channels;
    const int32_t *weights;
    int32_t *x;
    int8_t *outside, *some;
    tm_tile tile;
} layer;

/* How many of count taps reach the outputs of a phase: each stride-th one from it on. */
static int32_t taps_of(int32_t count, int32_t stride, int32_t phase) {
    return (count - phase + stride - 1) / stride;
}

/* Where weights of the phases before a column, or a row, end, in taps. */
static TM_LITTLE int32_t taps_before(int32_t count, int32_t stride, int32_t pad, int32_t place) {
    int32_t taps = 0;
    for (int32_t i = 0; i < place; ++i) {
        taps += taps_of(count, stride, (i + pad) % stride);
    }
    return taps;
}

/* The input's rows that reach a row of the output: the last one's pixels, and how many there are.
 */
typedef struct {
    const int8_t *in; /* may be outside of the image */
    int32_t y, taps;
} sources;

/* Puts in the inputs of four pixels in a row, the first of which has input x as its last one, as
 * words of two. */
static TM_LITTLE void gather(const layer *l, const sources *s, int32_t x, int32_t columns) {
    const tm_window *const w = l->w;
    int32_t *to = l->x;
    for (; columns > 0; --columns, --x) {
        for (int32_t tap = 0; tap < s->taps; ++tap) {
            const int8_t *rows[4] = {l->outside, l->outside, l->outside, l->outside};
            if ((uint32_t)(s->y - tap) < (uint32_t)w->in_h) {
                const int8_t *at = s->in + (x - tap * w->in_w) * w->in_c;
                for (int32_t i = 0; i < 4; ++i, at += w->in_c) {
                    rows[i] = (uint32_t)(x + i) < (uint32_t)w->in_w ? at : l->outside;
                }
            }
            tm_widen_s8(rows, w->in_c, to, tm_twice(-l->p->padding));
            to += 4 * tm_words_of(w->in_c);
        }
    }
}

/* Four pixels of a phase, stride_w apart, of which those with a place in width are in the image. */
static TM_LITTLE void multiply(layer *l, const int32_t *weights, int32_t width, int8_t *out) {
    const tm_window *const w = l->w;
    const int32_t step = w->stride_w * w->out_c, is_whole = width > 3 * w->stride_w;
    int8_t *made = is_whole ? out : l->some;
    l->tile.out_step = is_whole ? step : w->out_c;
    tm_tile_s8(&l->tile, l->x, weights, l->channels, made);
    for (int32_t i = 0; i < 4; ++i, made += l->tile.out_step) {
        tm_hold(made, w->out_c, l->p->least, l->p->most);
    }
    if (!is_whole) {
        made = l->some;
        for (; width > 0; width -= w->stride_w, made += w->out_c, out += step) {
            memcpy(out, made, (size_t)w->out_c);
        }
    }
}

static TM_LITTLE void one_row(layer *l, const int8_t *in, int32_t y, int8_t *out) {
    const tm_window *const w = l->w;
    const int32_t down = y + w->pad_top, words = tm_words_of(w->in_c);
    const int32_t taps = taps_of(w->kernel_h, w->stride_h, down % w->stride_h);
    const sources s = {in + down / w->stride_h * w->in_w * w->in_c, down / w->stride_h, taps};
    const int32_t before = taps_before(w->kernel_h, w->stride_h, w->pad_top, y % w->stride_h);
    const int32_t pairs = (w->out_c + 1) / 2;
    const int32_t *const first = l->weights + before * w->kernel_w * words * pairs;
    for (int32_t x = 0; x < w->out_w; x += 4 * w->stride_w) {
        const int32_t *weights = first;
        int32_t last = (x + w->pad_left) / w->stride_w;
        int32_t phase = x + w->pad_left - last * w->stride_w;
        const int32_t end = x + w->stride_w < w->out_w ? x + w->stride_w : w->out_w;
        for (int32_t i = x; i < end; ++i, ++phase) {
            if (phase == w->stride_w) {
                phase = 0;
                ++last;
            }
            const int32_t columns = taps_of(w->kernel_w, w->stride_w, phase);
            if (i == x || phase == 0) {
                gather(l, &s, last, columns);
            }
            l->tile.pairs = columns * taps * words;
            multiply(l, weights, w->out_w - i, out + i * w->out_c);
            weights += l->tile.pairs * pairs;
        }
    }
}

TM_LITTLE void tm_transpose_conv_pairs_s8(const tm_transpose_conv_pairs_s8_params *params,
                                          const int8_t *in, int32_t *x, int8_t *out) {
    const tm_layer *const p = &params->layer;
    tm_window window;
    tm_layer_window(p, &window);
    const tm_window *const w = &window;
    const int32_t count = (w->out_c + 1) & ~1, rows = w->batches * w->out_h;
    const int32_t most =
        taps_of(w->kernel_h, w->stride_h, 0) * taps_of(w->kernel_w, w->stride_w, 0);
    tm_channel *const room = (tm_channel *)(x + 4 * most * tm_words_of(w->in_c));
    int8_t *const outside = (int8_t *)(room + tm_packed_count(params, count));
    const tm_channel *const channels = tm_layer_channels(params, count, room);
    layer l = {w, p,       channels,          params->weights,
               x, outside, outside + w->in_c, {0, w->out_c, 0, 2 * p->zero_point + 1, 0}};
    memset(outside, p->padding, (size_t)w->in_c);
    for (int32_t i = 0; i < rows; ++i) {
        const int32_t row = w->from_end ? rows - 1 - i : i, batch = row / w->out_h;
        one_row(&l, in + batch * w->in_h * w->in_w * w->in_c, row - batch * w->out_h,
                out + row * w->out_w * w->out_c);
    }
}
