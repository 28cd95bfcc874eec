/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s8.h"

#include "tm_four_outputs.h"
#include "tm_taps.h"
#include "tm_weighted_eight_s8.h"

enum { EIGHT = 8 };

/* Sums of count channels from the first of a pixel's taps in the image; outside of it there is
 * padding (8). */
static inline void sum_eight(const tm_taps *t, const int8_t *in, const int8_t *padding,
                             const int8_t *weights, int32_t channels, int32_t count,
                             int32_t *sums) {
    tm_eight e = tm_eight_begin(weights, channels, count);
    const int32_t next = t->row_step - t->width * t->tap_step;
    tm_eight_taps(&e, padding, 0, t->above, 0, 1);
    if (t->before == 0 && t->after == 0) {
        tm_eight_taps(&e, in, t->tap_step, t->width, next, t->rows);
    } else {
        for (int32_t y = t->rows; y > 0; --y) {
            tm_eight_taps(&e, padding, 0, t->before, 0, 1);
            tm_eight_taps(&e, in, t->tap_step, t->width, next, 1);
            tm_eight_taps(&e, padding, 0, t->after, 0, 1);
            in += t->row_step;
        }
    }
    tm_eight_taps(&e, padding, 0, t->below, 0, 1);
    tm_eight_end(&e, sums);
}

static void one_pixel(const tm_depthwise_conv_2d_s8_params *p, const tm_channels *tables,
                      const tm_taps *t, const int8_t *padding, const int8_t *weights, int8_t *out) {
    const int32_t channels = p->window.in_c;
    for (int32_t channel = 0; channel < channels; channel += EIGHT) {
        const int32_t left = channels - channel, count = left < EIGHT ? left : EIGHT;
        int32_t sums[EIGHT];
        sum_eight(t, t->in + channel, padding, weights + channel, channels, count, sums);
        for (int32_t i = 0; i < count; i += 4) {
            const tm_channels at = tm_channels_at(tables, &p->output, channel + i);
            const int32_t some = count - i < 4 ? count - i : 4;
            tm_four_outputs(&p->output, &at, sums + i, some, out + channel + i);
        }
    }
}

void tm_depthwise_conv_2d_s8(const tm_depthwise_conv_2d_s8_params *p, const int8_t *in,
                             const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *shift, int8_t *out) {
    const tm_window *const w = &p->window;
    const tm_channels tables = {bias, multiplier, shift};
    const int32_t pixels = tm_pixel_count(w);
    int8_t padding[EIGHT];
    memset(padding, p->padding, sizeof padding);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, in, out);
        const tm_taps t = tm_taps_at(w, at.in, at.y, at.x);
        one_pixel(p, &tables, &t, padding, weights, at.out);
    }
}
