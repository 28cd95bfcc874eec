/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s16.h"

#include "tm_taps.h"

/* acc and the products of the taps in the image; the others are 0. in is the first one's channel,
 * weights those of the channel, channels apart. */
static int64_t add_products(int64_t acc, const tm_taps *t, const int8_t *in, const int8_t *weights,
                            int32_t channels) {
    weights += t->above * channels;
    for (int32_t y = t->rows; y > 0; --y) {
        const int8_t *from = in;
        weights += t->before * channels;
        for (int32_t x = t->width; x > 0; --x) {
            acc += *(const int16_t *)(const void *)from * *weights;
            from += t->tap_step;
            weights += channels;
        }
        weights += t->after * channels;
        in += t->row_step;
    }
    return acc;
}

static void one_pixel(const tm_depthwise_conv_2d_s16_params *p, const tm_channels_s16 *tables,
                      const tm_taps *t, const int8_t *weights, int16_t *out) {
    const int32_t channels = p->window.in_c / 2;
    for (int32_t channel = 0; channel < channels; ++channel) {
        const tm_channels_s16 at = tm_channels_s16_at(tables, &p->output, channel);
        const int64_t acc =
            add_products(*at.bias, t, t->in + 2 * channel, weights + channel, channels);
        out[channel] = tm_to_output_s16(&p->output, acc, *at.multiplier, *at.shift);
    }
}

void tm_depthwise_conv_2d_s16(const tm_depthwise_conv_2d_s16_params *p, const int16_t *in,
                              const int8_t *weights, const int64_t *bias, const int32_t *multiplier,
                              const int8_t *shift, int16_t *out) {
    const tm_window *const w = &p->window;
    const tm_channels_s16 tables = {bias, multiplier, shift};
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, (const int8_t *)in, (int8_t *)out);
        const tm_taps t = tm_taps_at(w, at.in, at.y, at.x);
        one_pixel(p, &tables, &t, weights, (int16_t *)(void *)at.out);
    }
}
