/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_3x3_s8.h"

#include "tm_depthwise_3x3_s8.h"
#include "tm_hold_s8.h"

/* Where the four inputs of a column are. */
typedef struct {
    const int8_t *at[4];
} column;

static column column_at(const tm_window *w, const int8_t *in, int32_t top, int32_t x,
                        const int8_t *outside) {
    const int32_t is_inside = x >= 0 && x < w->in_w;
    int32_t place = (top * w->in_w + x) * w->in_c;
    column found;
    for (int32_t i = 0; i < 4; ++i) {
        const int32_t y = top + i;
        found.at[i] = is_inside && y >= 0 && y < w->in_h ? in + place : outside;
        place += w->in_w * w->in_c;
    }
    return found;
}

static void two_rows(const tm_depthwise_conv_2d_3x3_s8_params *p, const int8_t *in, int32_t y,
                     const int32_t *weights, const uint8_t *scales, const int8_t *outside,
                     int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t top = y - w->pad_top, is_last = y + 1 == w->out_h;
    const int32_t step = w->from_end ? -1 : 1;
    int32_t x = w->from_end ? w->out_w - 1 : 0;
    column columns[3];
    tm_fours fours = p->fours;
    fours.out_step = is_last ? 0 : w->out_w * w->out_c;
    for (int32_t i = 0; i < 3; ++i) {
        columns[i] = column_at(w, in, top, x - w->pad_left + i, outside);
    }
    for (int32_t left = w->out_w; left > 0; --left) {
        int8_t *const to = out + (y * w->out_w + x) * w->out_c;
        tm_depthwise_3x3_s8(&fours, columns[0].at, weights, scales, to);
        tm_hold(to, w->out_c, p->least, p->most);
        if (!is_last) {
            tm_hold(to + fours.out_step, w->out_c, p->least, p->most);
        }
        x += step;
        const int32_t next = x - w->pad_left;
        columns[1 - step] = columns[1];
        columns[1] = columns[1 + step];
        columns[1 + step] = column_at(w, in, top, next + 1 + step, outside);
    }
}

void tm_depthwise_conv_2d_3x3_s8(const tm_depthwise_conv_2d_3x3_s8_params *p, const int8_t *in,
                                 const int32_t *weights, const uint8_t *scales, int8_t *outside,
                                 int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pairs = (w->out_h + 1) / 2, count = w->batches * pairs;
    memset(outside, p->padding, (size_t)w->in_c);
    for (int32_t i = 0; i < count; ++i) {
        const int32_t place = w->from_end ? count - 1 - i : i;
        const int32_t batch = place / pairs;
        two_rows(p, in + batch * w->in_h * w->in_w * w->in_c, (place - batch * pairs) * 2, weights,
                 scales, outside, out + batch * w->out_h * w->out_w * w->out_c);
    }
}
