/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_3x3_s8.h"

#include "tm_depthwise_3x3_s8.h"
#include "tm_fours_channels.h"
#include "tm_hold_s8.h"
#include "tm_layer_window.h"
#include "tm_little.h"

/* Where the four inputs of a column are. */
typedef struct {
    const int8_t *at[4];
} column;

/* rows has the first inputs of four rows, NULL for one that is outside. */
static TM_LITTLE column column_at(const tm_window *w, const column *rows, int32_t x,
                                  const int8_t *outside) {
    column found = {{outside, outside, outside, outside}};
    if (x >= 0 && x < w->in_w) {
        for (int32_t i = 0; i < 4; ++i) {
            if (rows->at[i] != NULL) {
                found.at[i] = rows->at[i] + x * w->in_c;
            }
        }
    }
    return found;
}

static TM_LITTLE void two_rows(const tm_layer *p, const tm_window *w, const int8_t *in, int32_t y,
                               const int32_t *weights, const tm_channel *channels,
                               const int8_t *outside, int8_t *out) {
    const int32_t top = y - w->pad_top, is_last = y + 1 == w->out_h;
    const int32_t step = w->from_end ? -1 : 1;
    int32_t x = w->from_end ? w->out_w - 1 : 0;
    column columns[3], rows;
    const tm_fours fours = {w->in_c - 4, 2 * p->zero_point + 1, is_last ? 0 : w->out_w * w->out_c,
                            9};
    for (int32_t i = 0; i < 4; ++i) {
        const int32_t is_inside = top + i >= 0 && top + i < w->in_h;
        rows.at[i] = is_inside ? in + (top + i) * w->in_w * w->in_c : NULL;
    }
    for (int32_t i = 0; i < 3; ++i) {
        columns[i] = column_at(w, &rows, x - w->pad_left + i, outside);
    }
    for (int32_t left = w->out_w; left > 0; --left) {
        int8_t *const to = out + (y * w->out_w + x) * w->out_c;
        tm_depthwise_3x3_s8(&fours, columns[0].at, weights, channels, to);
        tm_hold(to, w->out_c, p->least, p->most);
        if (!is_last) {
            tm_hold(to + fours.out_step, w->out_c, p->least, p->most);
        }
        x += step;
        const int32_t next = x - w->pad_left;
        columns[1 - step] = columns[1];
        columns[1] = columns[1 + step];
        columns[1 + step] = column_at(w, &rows, next + 1 + step, outside);
    }
}

TM_LITTLE void tm_depthwise_conv_2d_3x3_s8(const tm_depthwise_conv_2d_3x3_s8_params *params,
                                           const int8_t *in, int8_t *scratch, int8_t *out) {
    const tm_layer *const p = &params->layer;
    tm_window window;
    tm_layer_window(p, &window);
    const tm_window *const w = &window;
    const int32_t pairs = (w->out_h + 1) / 2, turns = w->batches * pairs;
    const int32_t count = tm_fours_count(params);
    const tm_channel *const channels =
        tm_fours_channels(params, count, (tm_channel *)(void *)(scratch + count));
    memset(scratch, p->padding, (size_t)w->in_c);
    for (int32_t i = 0; i < turns; ++i) {
        const int32_t place = w->from_end ? turns - 1 - i : i;
        const int32_t batch = place / pairs;
        two_rows(p, w, in + batch * w->in_h * w->in_w * w->in_c, (place - batch * pairs) * 2,
                 params->weights, channels, scratch, out + batch * w->out_h * w->out_w * w->out_c);
    }
}
