/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s8.h"

#include <stdbool.h>

/* Where a window's taps are: in the image, or in the patch that was copied at its edge. */
typedef struct {
    const int8_t *first;
    int32_t row_step, tap_step;
} taps;

static bool is_inside(const tm_window *w, int32_t top, int32_t left) {
    return top >= 0 && left >= 0 && top + (w->kernel_h - 1) * w->dilation_h < w->in_h &&
           left + (w->kernel_w - 1) * w->dilation_w < w->in_w;
}

/* The channels left over when four at a time are done. */
static void one_by_one(const tm_depthwise_conv_2d_s8_params *p, const tm_channels *tables,
                       const taps *t, const int8_t *weights, int32_t channel, int8_t *out) {
    const tm_window *const w = &p->window;
    for (; channel < w->in_c; ++channel) {
        const tm_channels at = tm_channels_at(tables, &p->output, channel);
        const int8_t *weight = weights + channel;
        int32_t acc = *at.bias;
        for (int32_t y = 0; y < w->kernel_h; ++y) {
            const int8_t *in = t->first + y * t->row_step + channel;
            for (int32_t x = 0; x < w->kernel_w; ++x) {
                acc += *in * *weight;
                in += t->tap_step;
                weight += w->in_c;
            }
        }
        out[channel] = tm_to_output(&p->output, acc, *at.multiplier, *at.shift);
    }
}

static void four_at_a_time(const tm_depthwise_conv_2d_s8_params *p, const tm_channels *tables,
                           const taps *t, const int8_t *weights, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t channels = w->in_c, step = p->output.channel_step;
    int32_t channel = 0;
    for (; channel + 4 <= channels; channel += 4) {
        const tm_channels at = tm_channels_at(tables, &p->output, channel);
        const int8_t *weight = weights + channel, *row = t->first + channel;
        int32_t acc0 = at.bias[0], acc1 = at.bias[1], acc2 = at.bias[2], acc3 = at.bias[3];
        for (int32_t y = w->kernel_h; y > 0; --y) {
            const int8_t *in = row;
            for (int32_t x = w->kernel_w; x > 0; --x) {
                acc0 += in[0] * weight[0];
                acc1 += in[1] * weight[1];
                acc2 += in[2] * weight[2];
                acc3 += in[3] * weight[3];
                in += t->tap_step;
                weight += channels;
            }
            row += t->row_step;
        }
        int8_t *const to = out + channel;
        to[0] = tm_to_output(&p->output, acc0, at.multiplier[0], at.shift[0]);
        to[1] = tm_to_output(&p->output, acc1, at.multiplier[step], at.shift[step]);
        to[2] = tm_to_output(&p->output, acc2, at.multiplier[2 * step], at.shift[2 * step]);
        to[3] = tm_to_output(&p->output, acc3, at.multiplier[3 * step], at.shift[3 * step]);
    }
    one_by_one(p, tables, t, weights, channel, out);
}

void tm_depthwise_conv_2d_s8(const tm_depthwise_conv_2d_s8_params *p, const int8_t *in,
                             const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *shift, int8_t *patch, int8_t *out) {
    const tm_window *const w = &p->window;
    const tm_channels tables = {bias, multiplier, shift};
    const taps in_patch = {patch, w->kernel_w * w->in_c, w->in_c};
    for (int32_t batch = 0; batch < w->batches; ++batch) {
        for (int32_t y = 0; y < w->out_h; ++y) {
            const int32_t top = y * w->stride_h - w->pad_top;
            for (int32_t x = 0; x < w->out_w; ++x) {
                const int32_t left = x * w->stride_w - w->pad_left;
                taps t = in_patch;
                if (is_inside(w, top, left)) {
                    t.first = in + (top * w->in_w + left) * w->in_c;
                    t.row_step = w->dilation_h * w->in_w * w->in_c;
                    t.tap_step = w->dilation_w * w->in_c;
                } else {
                    tm_gather_patch(w, in, top, left, w->in_c, (int8_t)p->padding, patch);
                }
                four_at_a_time(p, &tables, &t, weights, out);
                out += w->in_c;
            }
        }
        in += w->in_h * w->in_w * w->in_c;
    }
}
