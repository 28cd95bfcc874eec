/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s16.h"

#include "tm_taps.h"

/* So many products of 16 and 8 bits are within 32 bits. */
#define MOST_TAPS 511

typedef struct {
    int32_t a, b, c, d;
} four;

/* Adds the products of four channels of a tap. */
static four add_tap(four sums, const int8_t *in, const int8_t *weights) {
#ifdef __ARM_FEATURE_DSP
    uint32_t low, high, odd, even;
    __builtin_memcpy(&low, in, sizeof low);
    __builtin_memcpy(&high, in + 4, sizeof high);
    __builtin_memcpy(&odd, weights, sizeof odd);
    __asm("sxtb16 %4, %5\n\t"
          "sxtb16 %5, %5, ror #8\n\t"
          "smlabb %0, %6, %4, %0\n\t"
          "smlatb %1, %6, %5, %1\n\t"
          "smlabt %2, %7, %4, %2\n\t"
          "smlatt %3, %7, %5, %3"
          : "+r"(sums.a), "+r"(sums.b), "+r"(sums.c), "+r"(sums.d), "=&r"(even), "+r"(odd)
          : "r"(low), "r"(high));
#else
    const int16_t *const x = (const int16_t *)(const void *)in;
    sums.a += x[0] * weights[0];
    sums.b += x[1] * weights[1];
    sums.c += x[2] * weights[2];
    sums.d += x[3] * weights[3];
#endif
    return sums;
}

/* The products of the taps in the image; the others are 0. in is the first one's channel, weights
 * those of the channel, channels apart. */
static four sum_of_four(const tm_taps *t, const int8_t *in, const int8_t *weights,
                        int32_t channels) {
    four sums = {0, 0, 0, 0};
    weights += t->above * channels;
    for (int32_t y = t->rows; y > 0; --y) {
        const int8_t *from = in;
        weights += t->before * channels;
        for (int32_t x = t->width; x > 0; --x) {
            sums = add_tap(sums, from, weights);
            from += t->tap_step;
            weights += channels;
        }
        weights += t->after * channels;
        in += t->row_step;
    }
    return sums;
}

static int64_t sum_of_one(const tm_taps *t, const int8_t *in, const int8_t *weights,
                          int32_t channels) {
    int64_t sum = 0;
    weights += t->above * channels;
    for (int32_t y = t->rows; y > 0; --y) {
        const int8_t *from = in;
        weights += t->before * channels;
        for (int32_t x = t->width; x > 0; --x) {
            sum += *(const int16_t *)(const void *)from * *weights;
            from += t->tap_step;
            weights += channels;
        }
        weights += t->after * channels;
        in += t->row_step;
    }
    return sum;
}

static void one_pixel(const tm_depthwise_conv_2d_s16_params *p, const tm_channels_s16 *tables,
                      const tm_taps *t, const int8_t *weights, int16_t *out) {
    const tm_output_s16 *const o = &p->output;
    const int32_t channels = p->window.in_c / 2, step = o->channel_step;
    const int32_t fours = p->window.kernel_h * p->window.kernel_w > MOST_TAPS ? 0 : channels & ~3;
    for (int32_t channel = 0; channel < fours; channel += 4) {
        const four found = sum_of_four(t, t->in + 2 * channel, weights + channel, channels);
        const int32_t sums[4] = {found.a, found.b, found.c, found.d};
        for (int32_t i = 0; i < 4; ++i) {
            const int32_t place = (channel + i) * step;
            out[channel + i] = tm_to_output_s16(o, tables->bias[channel + i] + sums[i],
                                                tables->multiplier[place], tables->shift[place]);
        }
    }
    for (int32_t channel = fours; channel < channels; ++channel) {
        const tm_channels_s16 at = tm_channels_s16_at(tables, o, channel);
        const int64_t sum = sum_of_one(t, t->in + 2 * channel, weights + channel, channels);
        out[channel] = tm_to_output_s16(o, *at.bias + sum, *at.multiplier, *at.shift);
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
