/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s8.h"

#include "tm_taps.h"

/* The sums of four neighbouring channels. */
typedef struct {
    int32_t a, b, c, d;
} four;

/* Adds what count taps outside of the image add, padding each; moves weights past them. */
static inline four add_padding(four sum, int32_t padding, const int8_t **weights, int32_t channels,
                               int32_t count) {
    const int8_t *weight = *weights;
    for (; count > 0; --count) {
        sum.a += padding * weight[0];
        sum.b += padding * weight[1];
        sum.c += padding * weight[2];
        sum.d += padding * weight[3];
        weight += channels;
    }
    *weights = weight;
    return sum;
}

static inline four add_products(four sum, const int8_t *in, int32_t step, const int8_t **weights,
                                int32_t channels, int32_t count) {
    const int8_t *weight = *weights;
    for (; count > 0; --count) {
        sum.a += in[0] * weight[0];
        sum.b += in[1] * weight[1];
        sum.c += in[2] * weight[2];
        sum.d += in[3] * weight[3];
        in += step;
        weight += channels;
    }
    *weights = weight;
    return sum;
}

static inline four sum_of_four(four sum, const tm_taps *t, const int8_t *in, const int8_t *weights,
                               int32_t channels, int32_t padding) {
    sum = add_padding(sum, padding, &weights, channels, t->above);
    for (int32_t y = t->rows; y > 0; --y) {
        sum = add_padding(sum, padding, &weights, channels, t->before);
        sum = add_products(sum, in, t->tap_step, &weights, channels, t->width);
        sum = add_padding(sum, padding, &weights, channels, t->after);
        in += t->row_step;
    }
    return add_padding(sum, padding, &weights, channels, t->below);
}

/* The same for one channel; for the few that are left over, so it need not be fast. */
static int32_t sum_of_one(int32_t sum, const tm_taps *t, const int8_t *in, const int8_t *weights,
                          int32_t channels, int32_t padding) {
    const int32_t row = t->before + t->width + t->after;
    const int32_t first = t->above, end = t->above + t->rows * row;
    for (int32_t tap = 0; tap < end + t->below; ++tap) {
        int32_t value = padding;
        if (tap >= first && tap < end) {
            const int32_t y = (tap - first) / row, x = (tap - first) % row - t->before;
            value = x >= 0 && x < t->width ? in[y * t->row_step + x * t->tap_step] : padding;
        }
        sum += value * weights[tap * channels];
    }
    return sum;
}

static void one_pixel(const tm_depthwise_conv_2d_s8_params *p, const tm_channels *tables,
                      const tm_taps *t, const int8_t *weights, int8_t *out) {
    const int32_t channels = p->window.in_c, step = p->output.channel_step;
    int32_t channel = 0;
    for (; channel + 4 <= channels; channel += 4) {
        const tm_channels at = tm_channels_at(tables, &p->output, channel);
        four sum = {at.bias[0], at.bias[1], at.bias[2], at.bias[3]};
        sum = sum_of_four(sum, t, t->in + channel, weights + channel, channels, p->padding);
        int8_t *const to = out + channel;
        to[0] = tm_to_output(&p->output, sum.a, at.multiplier[0], at.shift[0]);
        to[1] = tm_to_output(&p->output, sum.b, at.multiplier[step], at.shift[step]);
        to[2] = tm_to_output(&p->output, sum.c, at.multiplier[2 * step], at.shift[2 * step]);
        to[3] = tm_to_output(&p->output, sum.d, at.multiplier[3 * step], at.shift[3 * step]);
    }
    for (; channel < channels; ++channel) {
        const tm_channels at = tm_channels_at(tables, &p->output, channel);
        const int32_t sum =
            sum_of_one(at.bias[0], t, t->in + channel, weights + channel, channels, p->padding);
        out[channel] = tm_to_output(&p->output, sum, at.multiplier[0], at.shift[0]);
    }
}

void tm_depthwise_conv_2d_s8(const tm_depthwise_conv_2d_s8_params *p, const int8_t *in,
                             const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *shift, int8_t *out) {
    const tm_window *const w = &p->window;
    const tm_channels tables = {bias, multiplier, shift};
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, in, out);
        const tm_taps t = tm_taps_at(w, at.in, at.y, at.x);
        one_pixel(p, &tables, &t, weights, at.out);
    }
}
