/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_strips_s8.h"

#include "tm_hold_s8.h"
#include "tm_layer_channels.h"
#include "tm_layer_window.h"
#include "tm_little.h"
#include "tm_memory.h"
#include "tm_spread.h"
#include "tm_widen_s8.h"
#include "tm_widen_two_s8.h"
#include "tm_window.h"

/* A row of inputs as taps see it, in inputs. */
typedef struct {
    int32_t length;              /* from the first tap of the first pixel to the last one's last */
    int32_t before, skip, count; /* outside of the image, left out, and in it */
    uint32_t twice;
    const int8_t *outside; /* a row of padding */
} strip;

/* The inputs of a row, each with the next. */
static TM_LITTLE void widen_one(const strip *s, const int8_t *row, int32_t *x) {
    const int32_t last = s->count - 1, added = (int16_t)s->twice;
    if (s->before > 0) {
        x[-1] = (int32_t)((uint32_t)(row[0] + added) << 16);
    }
    tm_widen_two_s8(row, row + 1, last, x, s->twice);
    x[last] = (row[last] + added) & 0xFFFF;
}

/* All rows of inputs under a row of the output, the first one's at y. */
static TM_LITTLE void widen_rows(const tm_window *w, const strip *s, const int8_t *in, int32_t y,
                                 int32_t *words) {
    const int32_t row = w->in_w * w->in_c;
    for (int32_t tap = 0; tap < w->kernel_h && s->count > 0; tap += 2) {
        const int8_t *rows[2] = {s->outside, s->outside};
        for (int32_t i = 0; i < 2; ++i, y += w->dilation_h) {
            if ((uint32_t)y < (uint32_t)w->in_h) {
                rows[i] = in + y * row + s->skip;
            }
        }
        if (tap + 1 < w->kernel_h) {
            tm_widen_two_s8(rows[0], rows[1], s->count, words + s->before, s->twice);
        } else {
            widen_one(s, rows[0], words + s->before);
        }
        words += s->length;
    }
}

TM_LITTLE void tm_strips_s8(const tm_packed_layer *packed, int32_t groups, const int8_t *in,
                            int32_t *x, int8_t *out) {
    const tm_layer *const p = &packed->layer;
    tm_window window;
    tm_layer_window(p, &window);
    const tm_window *const w = &window;
    const int32_t channel_count = (w->out_c + 1) & ~1, rows = w->batches * w->out_h;
    const int32_t step = w->stride_w * w->in_c, taps = w->kernel_w * w->in_c;
    const int32_t strips = (w->kernel_h + 1) / 2, row_bytes = w->in_w * w->in_c;
    const int32_t length = ((w->out_w + 3) / 4 * 4 - 1) * step + taps;
    const int32_t runs = groups == 1 ? 1 : w->kernel_w, run = taps / (runs * groups);
    const int32_t pairs = runs * (w->kernel_h / 2 * run + w->kernel_h % 2 * ((run + 1) / 2));
    const int32_t outputs = w->out_c / groups, weights = (outputs + 1) / 2 * pairs;
    const tm_tile tile = {pairs, outputs, w->out_c, 2 * p->zero_point + 1, 0};
    int32_t *const words = x + 4 * pairs;
    tm_channel *const room = (tm_channel *)(words + strips * length);
    int8_t *const outside = (int8_t *)(room + tm_packed_count(packed, channel_count));
    int8_t *const some = outside + row_bytes;
    const int32_t left = w->pad_left * w->in_c;
    strip s = {length, left > 0 ? left : 0,   left < 0 ? -left : 0,
               0,      tm_twice(-p->padding), outside};
    const tm_spread_params windows = {step,        run,  length - runs * w->in_c,
                                      w->kernel_h, runs, w->in_c};
    const int32_t inside = row_bytes - s.skip, under = length - s.before;
    s.count = inside < under ? inside : under;
    const tm_channel *const channels = tm_layer_channels(packed, channel_count, room);
    memset(words, 0, sizeof *words * (size_t)(strips * length));
    memset(outside, p->padding, (size_t)row_bytes);
    for (int32_t i = 0; i < rows; ++i) {
        const int32_t row = w->from_end ? rows - 1 - i : i, batch = row / w->out_h;
        const int32_t y = (row - batch * w->out_h) * w->stride_h - w->pad_top;
        int8_t *to = out + row * w->out_w * w->out_c;
        widen_rows(w, &s, in + batch * w->in_h * row_bytes, y, words);
        for (int32_t pixel = 0; pixel < w->out_w; pixel += 4, to += 4 * w->out_c) {
            const int32_t count = w->out_w - pixel;
            int8_t *const made = count < 4 ? some : to;
            const int32_t *from = packed->weights;
            for (int32_t group = 0; group < groups; ++group, from += weights) {
                tm_spread(&windows, words + pixel * step + group * run, x);
                tm_tile_s8(&tile, x, from, channels + group * outputs, made + group * outputs);
            }
            tm_hold(made, 4 * w->out_c, p->least, p->most);
            if (count < 4) {
                memcpy(to, some, (size_t)(count * w->out_c));
            }
        }
    }
}
