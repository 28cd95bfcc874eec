/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s4.h"

#include "tm_nibbles.h"
#include "tm_taps.h"

/* The sums of two neighbouring channels, whose weights are in one byte. */
typedef struct {
    int32_t low, high;
} two;

/* Adds what count taps outside of the image add, padding each; moves weights past them. */
static inline two add_padding(two sum, int32_t padding, const int8_t **weights, int32_t bytes,
                              int32_t count) {
    const int8_t *pair = *weights;
    for (; count > 0; --count) {
        sum.low += padding * tm_low_s4(*pair);
        sum.high += padding * tm_high_s4(*pair);
        pair += bytes;
    }
    *weights = pair;
    return sum;
}

/* next is 1, or 0 where the channel is the last one of an odd number: its pair's other half is 0.
 */
static inline two add_products(two sum, const int8_t *in, int32_t next, int32_t step,
                               const int8_t **weights, int32_t bytes, int32_t count) {
    const int8_t *pair = *weights;
    for (; count > 0; --count) {
        sum.low += in[0] * tm_low_s4(*pair);
        sum.high += in[next] * tm_high_s4(*pair);
        in += step;
        pair += bytes;
    }
    *weights = pair;
    return sum;
}

static inline two sum_of_two(two sum, const tm_taps *t, const int8_t *in, int32_t next,
                             const int8_t *weights, int32_t bytes, int32_t padding) {
    sum = add_padding(sum, padding, &weights, bytes, t->above);
    for (int32_t y = t->rows; y > 0; --y) {
        sum = add_padding(sum, padding, &weights, bytes, t->before);
        sum = add_products(sum, in, next, t->tap_step, &weights, bytes, t->width);
        sum = add_padding(sum, padding, &weights, bytes, t->after);
        in += t->row_step;
    }
    return add_padding(sum, padding, &weights, bytes, t->below);
}

static void one_pixel(const tm_depthwise_conv_2d_s4_params *p, const tm_channels *tables,
                      const tm_taps *t, const int8_t *weights, int8_t *out) {
    const int32_t channels = p->window.in_c, step = p->output.channel_step;
    const int32_t bytes = tm_row_bytes_s4(channels);
    for (int32_t channel = 0; channel < channels; channel += 2) {
        const tm_channels at = tm_channels_at(tables, &p->output, channel);
        const int32_t next = channel + 1 < channels;
        two sum = {at.bias[0], at.bias[next]};
        sum = sum_of_two(sum, t, t->in + channel, next, weights + channel / 2, bytes, p->padding);
        out[channel] = tm_to_output(&p->output, sum.low, at.multiplier[0], at.shift[0]);
        if (next) {
            out[channel + 1] =
                tm_to_output(&p->output, sum.high, at.multiplier[step], at.shift[step]);
        }
    }
}

void tm_depthwise_conv_2d_s4(const tm_depthwise_conv_2d_s4_params *p, const int8_t *in,
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
