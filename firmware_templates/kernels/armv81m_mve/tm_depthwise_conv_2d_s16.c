/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s16.h"

#include "tm_four_outputs_s16.h"
#include "tm_taps.h"

/* MOST: 32 bits hold the sum of so many products of int16 and int8. */
enum { EIGHT = 8, MOST = 511 };

/* The sums of count channels, from 1 to 8, over the taps in the image; the others are 0. */
#ifdef __ARM_FEATURE_MVE

/* From the end of a row of taps to the next row: of inputs, and of weights. */
typedef struct {
    int32_t in, weights;
} gaps;

/* loads are those of the tap in q0 and of its weights in q1; as the latter widen, they take a low
 * register (constraint l). */
#define TAPS(loads)                                                                                \
    __asm volatile("vctp.16 %[count]\n\t"                                                          \
                   "3:\n\t"                                                                        \
                   "dls lr, %[width]\n\t"                                                          \
                   "1:\n\t" loads "add %[in], %[in], %[step]\n\t"                                  \
                   "vmullb.s16 q2, q0, q1\n\t"                                                     \
                   "add %[weights], %[weights], %[channels]\n\t"                                   \
                   "vmullt.s16 q0, q0, q1\n\t"                                                     \
                   "vadd.i32 %q[even], %q[even], q2\n\t"                                           \
                   "vadd.i32 %q[odd], %q[odd], q0\n\t"                                             \
                   "le lr, 1b\n\t"                                                                 \
                   "ldr lr, [%[gap]]\n\t"                                                          \
                   "add %[in], %[in], lr\n\t"                                                      \
                   "ldr lr, [%[gap], #4]\n\t"                                                      \
                   "add %[weights], %[weights], lr\n\t"                                            \
                   "subs %[rows], %[rows], #1\n\t"                                                 \
                   "bne 3b"                                                                        \
                   : [in] "+l"(in), [weights] "+l"(weights), [even] "+w"(even), [odd] "+w"(odd),   \
                     [rows] "+r"(rows)                                                             \
                   : [width] "r"(t->width), [step] "r"(t->tap_step), [channels] "r"(channels),     \
                     [count] "r"(count), [gap] "r"(&gap)                                           \
                   : "lr", "d0", "d1", "d2", "d3", "d4", "d5", "memory", "cc")

static void sum_eight(const tm_taps *t, const int8_t *in, const int8_t *weights, int32_t channels,
                      int32_t count, int32_t *sums) {
    const gaps gap = {t->row_step - t->width * t->tap_step, (t->before + t->after) * channels};
    int32_t rows = t->width > 0 ? t->rows : 0;
    int32x4_t even = vdupq_n_s32(0), odd = even;
    weights += (t->above + t->before) * channels;
    if (rows > 0 && count == EIGHT) {
        TAPS("vldrh.u16 q0, [%[in]]\n\t"
             "vldrb.s16 q1, [%[weights]]\n\t");
    } else if (rows > 0) {
        TAPS("vpstt\n\t"
             "vldrht.u16 q0, [%[in]]\n\t"
             "vldrbt.s16 q1, [%[weights]]\n\t");
    }
    const int32x4x2_t both = {{even, odd}};
    vst2q_s32(sums, both);
}

#else

static void sum_eight(const tm_taps *t, const int8_t *in, const int8_t *weights, int32_t channels,
                      int32_t count, int32_t *sums) {
    weights += t->above * channels;
    for (int32_t i = 0; i < count; ++i) {
        sums[i] = 0;
    }
    for (int32_t y = 0; y < t->rows; ++y) {
        weights += t->before * channels;
        for (int32_t x = 0; x < t->width; ++x, weights += channels) {
            const int8_t *const from = in + y * t->row_step + x * t->tap_step;
            for (int32_t i = 0; i < count; ++i) {
                sums[i] += ((const int16_t *)(const void *)from)[i] * weights[i];
            }
        }
        weights += t->after * channels;
    }
}

#endif

/* Sums of one channel over more taps than MOST. */
static int64_t sum_one(const tm_taps *t, const int8_t *in, const int8_t *weights,
                       int32_t channels) {
    int64_t sum = 0;
    weights += t->above * channels;
    for (int32_t y = 0; y < t->rows; ++y) {
        weights += t->before * channels;
        for (int32_t x = 0; x < t->width; ++x, weights += channels) {
            const int8_t *const from = in + y * t->row_step + x * t->tap_step;
            sum += *(const int16_t *)(const void *)from * *weights;
        }
        weights += t->after * channels;
    }
    return sum;
}

static void eight_outputs(const tm_output_s16 *o, const tm_channels_s16 *tables,
                          const int32_t *sums, int32_t count, int16_t *out) {
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const tm_channels_s16 at = tm_channels_s16_at(tables, o, i);
        tm_four_outputs_s16(o, &at, sums + i, out + i);
    }
    if (i < count) {
        const tm_channels_s16 at = tm_channels_s16_at(tables, o, i);
        tm_each_output_s16(o, &at, sums + i, count - i, out + i);
    }
}

static void one_pixel(const tm_depthwise_conv_2d_s16_params *p, const tm_channels_s16 *tables,
                      const tm_taps *t, const int8_t *weights, int16_t *out) {
    const int32_t channels = p->window.in_c / 2;
    const int32_t step = t->rows * t->width > MOST ? 1 : EIGHT;
    for (int32_t channel = 0; channel < channels; channel += step) {
        const tm_channels_s16 at = tm_channels_s16_at(tables, &p->output, channel);
        const int8_t *const in = t->in + 2 * channel;
        if (step == 1) {
            const int64_t sum = *at.bias + sum_one(t, in, weights + channel, channels);
            out[channel] = tm_to_output_s16(&p->output, sum, *at.multiplier, *at.shift);
        } else {
            const int32_t left = channels - channel, count = left < EIGHT ? left : EIGHT;
            int32_t sums[EIGHT];
            sum_eight(t, in, weights + channel, channels, count, sums);
            eight_outputs(&p->output, &at, sums, count, out + channel);
        }
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
