/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolutions of int8, sixteen channels at once: taps times weights of 8 or 4 bits, each
 * channel its own sum. */
#ifndef TM_DEPTHWISE_SIXTEEN_H
#define TM_DEPTHWISE_SIXTEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tm_nibbles.h"
#include "tm_sixteen.h"
#include "tm_taps.h"

/* What all blocks of channels of a layer share. Weights of 4 bits are in pairs, the first one of
 * each in the low half. */
typedef struct {
    const tm_output *output;
    tm_channels tables;
    tm_sixteen last; /* of a last block with fewer than sixteen channels, or with the one scale */
    bool is_right;   /* whether all shifts are */
    int32_t channels, padding;
    int32_t weights_step; /* from one tap's weights to the next */
} tm_depthwise;

/* The taps of a pixel as runs that take turns: taps outside of the image, a row in it. */
typedef struct {
    int32_t first, between, last; /* taps outside: before the first row, between two, at the end */
    int32_t rows, width, step;
    int32_t next; /* from the end of a row to the next row */
} tm_runs;

static inline tm_runs tm_runs_of(const tm_taps *t) {
    const int32_t is_empty = t->rows <= 0 || t->width <= 0;
    const int32_t sides = t->before + t->after, rows = is_empty ? 0 : t->rows;
    const int32_t outside = t->above + t->below + (sides + t->width) * t->rows;
    const tm_runs runs = {
        .first = is_empty ? outside : t->above + t->before,
        .between = sides,
        .last = t->after + t->below,
        .rows = rows,
        .width = t->width,
        .step = t->tap_step,
        .next = t->row_step - t->width * t->tap_step,
    };
    return runs;
}

/* Adds the products of a pixel's taps, whose first one in the image is at in, with its weights;
 * count channels, from 1 to 16, are read. */
#ifdef __ARM_FEATURE_MVE

typedef struct {
    int32x4_t a, b, c, d; /* of the channels 0, 4, 8 and 12, of 1, 5, 9 and 13 and so on */
} tm_sixteen_sums;

static inline tm_sixteen_sums tm_sixteen_begin(void) {
    const int32x4_t zero = vdupq_n_s32(0);
    const tm_sixteen_sums sums = {zero, zero, zero, zero};
    return sums;
}

static inline void tm_sixteen_end(const tm_sixteen_sums *sums, int32_t *in_order) {
    const int32x4x4_t all = {{sums->a, sums->b, sums->c, sums->d}};
    vst4q_s32(in_order, all);
}

/* A product of two int8 fits 16 bits. load_in is that of a tap into q0, load_weights that of its
 * weights into q1 by q2; as some widen, they take a low register (constraint l). */
#define TM_SIXTEEN_ADD                                                                             \
    "vmovlb.s16 q0, q2\n\t"                                                                        \
    "vmovlt.s16 q2, q2\n\t"                                                                        \
    "vadd.i32 %q[a], %q[a], q0\n\t"                                                                \
    "vmovlb.s16 q0, q1\n\t"                                                                        \
    "vadd.i32 %q[c], %q[c], q2\n\t"                                                                \
    "vmovlt.s16 q1, q1\n\t"                                                                        \
    "vadd.i32 %q[b], %q[b], q0\n\t"                                                                \
    "vadd.i32 %q[d], %q[d], q1\n\t"
#define TM_SIXTEEN_TAPS(load_in, load_weights)                                                     \
    __asm volatile(                                                                                \
        "vctp.8 %[count]\n\t"                                                                      \
        "1:\n\t"                                                                                   \
        "wls lr, %[outside], 3f\n\t"                                                               \
        "2:\n\t" load_weights "add %[weights], %[weights], %[weights_step]\n\t"                    \
        "vmullb.s8 q2, q1, %q[padding]\n\t"                                                        \
        "vmullt.s8 q1, q1, %q[padding]\n\t" TM_SIXTEEN_ADD "le lr, 2b\n\t"                         \
        "3:\n\t"                                                                                   \
        "cmp %[rows], #0\n\t"                                                                      \
        "beq.w 5f\n\t"                                                                             \
        "dls lr, %[width]\n\t"                                                                     \
        "4:\n\t" load_weights load_in "add %[in], %[in], %[step]\n\t"                              \
        "vmullb.s8 q2, q0, q1\n\t"                                                                 \
        "add %[weights], %[weights], %[weights_step]\n\t"                                          \
        "vmullt.s8 q1, q0, q1\n\t" TM_SIXTEEN_ADD "le lr, 4b\n\t"                                  \
        "ldr %[outside], [%[runs], %[next]]\n\t"                                                   \
        "add %[in], %[in], %[outside]\n\t"                                                         \
        "subs %[rows], %[rows], #1\n\t"                                                            \
        "ite ne\n\t"                                                                               \
        "ldrne %[outside], [%[runs], %[between]]\n\t"                                              \
        "ldreq %[outside], [%[runs], %[last]]\n\t"                                                 \
        "b 1b\n\t"                                                                                 \
        "5:"                                                                                       \
        : [in] "+l"(in), [weights] "+l"(weights), [rows] "+r"(rows), [outside] "+r"(outside),      \
          [a] "+w"(sums.a), [b] "+w"(sums.b), [c] "+w"(sums.c), [d] "+w"(sums.d)                   \
        : [width] "r"(r->width), [step] "r"(r->step), [runs] "r"(r),                               \
          [next] "i"(offsetof(tm_runs, next)), [between] "i"(offsetof(tm_runs, between)),          \
          [last] "i"(offsetof(tm_runs, last)), [weights_step] "r"(weights_step),                   \
          [count] "r"(count), [padding] "w"(vdupq_n_s8((int8_t)padding))                           \
        : "lr", "d0", "d1", "d2", "d3", "d4", "d5", "memory", "cc")

/* A byte with two weights becomes 16 bits, and from there two bytes. */
#define TM_SIXTEEN_UNPACK                                                                          \
    "vshl.i8 q1, q2, #4\n\t"                                                                       \
    "vsli.16 q1, q2, #8\n\t"                                                                       \
    "vshr.s8 q1, q1, #4\n\t"

static inline tm_sixteen_sums tm_sixteen_taps_s8(tm_sixteen_sums sums, const tm_runs *r,
                                                 const int8_t *in, const int8_t *weights,
                                                 int32_t weights_step, int32_t padding,
                                                 int32_t count) {
    int32_t rows = r->rows, outside = r->first;
    if (count == TM_SIXTEEN) {
        TM_SIXTEEN_TAPS("vldrb.u8 q0, [%[in]]\n\t", "vldrb.u8 q1, [%[weights]]\n\t");
    } else {
        TM_SIXTEEN_TAPS("vpst\n\t"
                        "vldrbt.u8 q0, [%[in]]\n\t",
                        "vpst\n\t"
                        "vldrbt.u8 q1, [%[weights]]\n\t");
    }
    return sums;
}

static inline tm_sixteen_sums tm_sixteen_taps_s4(tm_sixteen_sums sums, const tm_runs *r,
                                                 const int8_t *in, const int8_t *weights,
                                                 int32_t weights_step, int32_t padding,
                                                 int32_t count) {
    int32_t rows = r->rows, outside = r->first;
    if (count == TM_SIXTEEN) {
        TM_SIXTEEN_TAPS("vldrb.u8 q0, [%[in]]\n\t",
                        "vldrb.u16 q2, [%[weights]]\n\t" TM_SIXTEEN_UNPACK);
    } else {
        TM_SIXTEEN_TAPS("vpst\n\t"
                        "vldrbt.u8 q0, [%[in]]\n\t",
                        "vpst\n\t"
                        "vldrbt.u16 q2, [%[weights]]\n\t" TM_SIXTEEN_UNPACK);
    }
    return sums;
}

#else

typedef struct {
    int32_t each[TM_SIXTEEN];
} tm_sixteen_sums;

static inline tm_sixteen_sums tm_sixteen_begin(void) {
    const tm_sixteen_sums sums = {{0}};
    return sums;
}

static inline void tm_sixteen_end(const tm_sixteen_sums *sums, int32_t *in_order) {
    for (int32_t i = 0; i < TM_SIXTEEN; ++i) {
        in_order[i] = sums->each[i];
    }
}

static inline int32_t tm_weight_of(const int8_t *weights, int32_t i, int32_t bits) {
    if (bits == 8) {
        return weights[i];
    }
    return i % 2 == 0 ? tm_low_s4(weights[i / 2]) : tm_high_s4(weights[i / 2]);
}

static inline tm_sixteen_sums tm_sixteen_taps(tm_sixteen_sums sums, const tm_runs *r,
                                              const int8_t *in, const int8_t *weights,
                                              int32_t weights_step, int32_t padding, int32_t count,
                                              int32_t bits) {
    for (int32_t row = 0; row <= r->rows; ++row) {
        int32_t outside = row == 0 ? r->first : row < r->rows ? r->between : r->last;
        for (; outside > 0; --outside, weights += weights_step) {
            for (int32_t i = 0; i < count; ++i) {
                sums.each[i] += padding * tm_weight_of(weights, i, bits);
            }
        }
        for (int32_t x = row < r->rows ? r->width : 0; x > 0; --x, weights += weights_step) {
            for (int32_t i = 0; i < count; ++i) {
                sums.each[i] += in[i] * tm_weight_of(weights, i, bits);
            }
            in += r->step;
        }
        in += r->next;
    }
    return sums;
}

static inline tm_sixteen_sums tm_sixteen_taps_s8(tm_sixteen_sums sums, const tm_runs *r,
                                                 const int8_t *in, const int8_t *weights,
                                                 int32_t weights_step, int32_t padding,
                                                 int32_t count) {
    return tm_sixteen_taps(sums, r, in, weights, weights_step, padding, count, 8);
}

static inline tm_sixteen_sums tm_sixteen_taps_s4(tm_sixteen_sums sums, const tm_runs *r,
                                                 const int8_t *in, const int8_t *weights,
                                                 int32_t weights_step, int32_t padding,
                                                 int32_t count) {
    return tm_sixteen_taps(sums, r, in, weights, weights_step, padding, count, 4);
}

#endif

static inline tm_depthwise tm_depthwise_of(const tm_output *o, const tm_channels *tables,
                                           int32_t channels, int32_t padding, int32_t bits) {
    tm_depthwise d;
    const int32_t over = channels % TM_SIXTEEN;
    const tm_channels at = tm_channels_at(tables, o, channels - over);
    d.output = o;
    d.tables = *tables;
    d.is_right = tm_shifts_are_right(tables->shift, o->channel_step, channels);
    tm_sixteen_copy(&d.last, o, &at, over);
    if (o->channel_step == 0) {
        tm_sixteen_scale(&d.last, tables);
    }
    d.channels = channels;
    d.padding = padding;
    d.weights_step = bits == 8 ? channels : tm_row_bytes_s4(channels);
    return d;
}

/* All channels of a pixel, in order; each block is written after its inputs are read. bits is 8 or
 * 4. */
static inline void tm_depthwise_pixel(const tm_depthwise *d, const tm_taps *t,
                                      const int8_t *weights, int32_t bits, int8_t *out) {
    const tm_runs runs = tm_runs_of(t);
    for (int32_t channel = 0; channel < d->channels; channel += TM_SIXTEEN) {
        const int32_t over = d->channels - channel, count = over < TM_SIXTEEN ? over : TM_SIXTEEN;
        tm_channels at = tm_channels_at(&d->tables, d->output, channel);
        if (count < TM_SIXTEEN || d->output->channel_step == 0) {
            at.bias = count < TM_SIXTEEN ? d->last.bias : at.bias;
            at.multiplier = d->last.multiplier;
            at.shift = d->last.shift;
        }
        tm_sixteen_sums sums = tm_sixteen_begin();
        if (bits == 8) {
            sums = tm_sixteen_taps_s8(sums, &runs, t->in + channel, weights + channel,
                                      d->weights_step, d->padding, count);
        } else {
            sums = tm_sixteen_taps_s4(sums, &runs, t->in + channel, weights + channel / 2,
                                      d->weights_step, d->padding, count);
        }
        int32_t in_order[TM_SIXTEEN];
        tm_sixteen_end(&sums, in_order);
        if (d->is_right) {
            tm_sixteen_right(d->output, &at, in_order, count, out + channel);
        } else {
            tm_sixteen_any(d->output, &at, in_order, count, out + channel);
        }
    }
}

#endif
