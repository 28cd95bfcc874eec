/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_tile_s16.h"

#include "tm_hold_s16.h"
#include "tm_little.h"
#include "tm_tile_s16.h"
#include "tm_turn.h"
#include "tm_weave_s16.h"

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
    const int32_t has_gaps = w->dilation_w > 1 && w->kernel_w > 1;
    t->edge = !has_gaps && t->x >= 0 && t->x + w->kernel_w <= w->in_w ? NULL : edge;
}

/* Puts together a row's inputs, with 0 for those outside of the image. */
static TM_LITTLE void put_together(const tm_window *w, const taps *t) {
    memset(t->edge, 0, (size_t)(w->kernel_w * w->in_c));
    for (int32_t tap = 0, x = t->x; tap < w->kernel_w; ++tap, x += w->dilation_w) {
        if ((uint32_t)x < (uint32_t)w->in_w) {
            tm_copy_few(t->edge + tap * w->in_c, t->at + (x - t->x) * w->in_c, w->in_c);
        }
    }
}

/* Puts the inputs of four pixels into x. zeros is a row outside of the image. */
static TM_LITTLE void gather(const tm_window *w, taps *t, const int8_t *zeros, int16_t *x) {
    const int32_t length = w->kernel_w * w->in_c / 2;
    for (int32_t tap = w->kernel_h; tap > 0; --tap, x += 8 * ((length + 1) / 2)) {
        const int8_t *rows[4];
        for (int32_t i = 0; i < 4; ++i) {
            rows[i] = zeros;
            if ((uint32_t)t[i].y < (uint32_t)w->in_h) {
                rows[i] = t[i].at;
                if (t[i].edge != NULL) {
                    rows[i] = t[i].edge;
                    put_together(w, &t[i]);
                }
            }
            t[i].y += w->dilation_h;
            t[i].at += w->dilation_h * w->in_w * w->in_c;
        }
        tm_weave_s16(rows, length, x);
    }
}

TM_LITTLE void tm_conv_2d_tile_s16(const tm_conv_2d_tile_s16_params *p, const int16_t *in,
                                   const int32_t *table, int16_t *scratch, int16_t *out) {
    const tm_window *const w = &p->window;
    const int32_t row = w->kernel_w * w->in_c, step = w->from_end ? -1 : 1;
    const int32_t image = w->in_h * w->in_w * w->in_c, pixels = tm_pixel_count(w);
    tm_tile_wide tile = {w->kernel_h * ((row + 2) / 4), w->out_c / 2, 0, p->least};
    int8_t *const zeros = (int8_t *)(scratch + 8 * tile.pairs), *const some = zeros + 5 * row;
    tm_turn pixel = {0, 0, (const int8_t *)in};
    int8_t *to = (int8_t *)out;
    int32_t count;
    if (w->from_end) {
        pixel.y = w->out_h - 1;
        pixel.x = w->out_w - 1;
        pixel.in += (w->batches - 1) * image;
        to += (pixels - 1) * w->out_c;
    }
    memset(zeros, 0, (size_t)row);
    for (int32_t left = pixels; left > 0; left -= count) {
        taps found[4];
        count = left < 4 ? left : 4;
        for (int32_t i = 0; i < 4; ++i) {
            find_taps(w, &pixel, zeros + (i + 1) * row, &found[i]);
            if (i < left - 1) {
                tm_next_turn(w, step, &pixel);
            }
        }
        gather(w, found, zeros, scratch);
        int8_t *const made = count == 2 || count == 3 ? some : to;
        tile.out_step = count == 1 ? 0 : made == some ? w->out_c : step * w->out_c;
        tm_tile_s16(&tile, scratch, table, (int16_t *)(void *)made);
        for (int32_t i = 0; i < count; ++i, to += step * w->out_c) {
            int8_t *const one = made + i * tile.out_step;
            tm_hold_wide((int16_t *)(void *)one, tile.out_count, p->least, p->most);
            if (made == some) {
                memcpy(to, one, (size_t)w->out_c);
            }
        }
    }
}
