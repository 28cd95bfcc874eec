/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight channels of a depthwise convolution at once: taps times weights, each channel its own sum.
 */
#ifndef TM_WEIGHTED_EIGHT_S8_H
#define TM_WEIGHTED_EIGHT_S8_H

#include <stdint.h>

#ifdef __ARM_FEATURE_MVE

#include <arm_mve.h>

/* Sums so far of the channels with even and with odd numbers, and the weights of the next tap. The
 * first count channels are read, from 1 to 8; channels is the step from one tap's weights on. */
typedef struct {
    int32x4_t even, odd;
    const int8_t *weights;
    int32_t channels, count;
} tm_eight;

static inline tm_eight tm_eight_begin(const int8_t *weights, int32_t channels, int32_t count) {
    const tm_eight e = {vdupq_n_s32(0), vdupq_n_s32(0), weights, channels, count};
    return e;
}

/* A product of two int8 fits 16 bits, -128 * -128 too. loads are those of the tap in q0 and of its
 * weights in q1; as they widen, they take a low register (constraint l). */
#define TM_EIGHT_TAPS(loads)                                                                       \
    __asm volatile("vctp.16 %[lanes]\n\t"                                                          \
                   "3:\n\t"                                                                        \
                   "dls lr, %[width]\n\t"                                                          \
                   "1:\n\t" loads "add %[in], %[in], %[step]\n\t"                                  \
                   "add %[weights], %[weights], %[channels]\n\t"                                   \
                   "vmul.i16 q0, q0, q1\n\t"                                                       \
                   "vmovlb.s16 q1, q0\n\t"                                                         \
                   "vmovlt.s16 q0, q0\n\t"                                                         \
                   "vadd.i32 %q[even], %q[even], q1\n\t"                                           \
                   "vadd.i32 %q[odd], %q[odd], q0\n\t"                                             \
                   "le lr, 1b\n\t"                                                                 \
                   "add %[in], %[in], %[next]\n\t"                                                 \
                   "subs %[rows], %[rows], #1\n\t"                                                 \
                   "bne 3b"                                                                        \
                   : [in] "+l"(in), [weights] "+l"(weights), [even] "+w"(even), [odd] "+w"(odd),   \
                     [rows] "+r"(rows)                                                             \
                   : [width] "r"(width), [step] "r"(step), [next] "r"(next),                       \
                     [channels] "r"(e->channels), [lanes] "r"(e->count)                            \
                   : "lr", "d0", "d1", "d2", "d3", "memory", "cc")

/* Adds rows of width taps at in, in + step, ...; next is from the end of a row to the next row. */
static inline void tm_eight_taps(tm_eight *e, const int8_t *in, int32_t step, int32_t width,
                                 int32_t next, int32_t rows) {
    if (width <= 0 || rows <= 0) {
        return;
    }
    const int8_t *weights = e->weights;
    int32x4_t even = e->even, odd = e->odd;
    if (e->count == 8) {
        TM_EIGHT_TAPS("vldrb.s16 q0, [%[in]]\n\t"
                      "vldrb.s16 q1, [%[weights]]\n\t");
    } else {
        TM_EIGHT_TAPS("vpstt\n\t"
                      "vldrbt.s16 q0, [%[in]]\n\t"
                      "vldrbt.s16 q1, [%[weights]]\n\t");
    }
    e->weights = weights;
    e->even = even;
    e->odd = odd;
}

/* Writes the sums (8) in the order of the channels. */
static inline void tm_eight_end(const tm_eight *e, int32_t *sums) {
    const int32x4x2_t both = {{e->even, e->odd}};
    vst2q_s32(sums, both);
}

#else

typedef struct {
    int32_t sums[8];
    const int8_t *weights;
    int32_t channels, count;
} tm_eight;

static inline tm_eight tm_eight_begin(const int8_t *weights, int32_t channels, int32_t count) {
    const tm_eight e = {{0}, weights, channels, count};
    return e;
}

static inline void tm_eight_taps(tm_eight *e, const int8_t *in, int32_t step, int32_t width,
                                 int32_t next, int32_t rows) {
    for (; width > 0 && rows > 0; --rows, in += next) {
        for (int32_t x = 0; x < width; ++x, in += step, e->weights += e->channels) {
            for (int32_t i = 0; i < e->count; ++i) {
                e->sums[i] += in[i] * e->weights[i];
            }
        }
    }
}

static inline void tm_eight_end(const tm_eight *e, int32_t *sums) {
    for (int32_t i = 0; i < 8; ++i) {
        sums[i] = e->sums[i];
    }
}

#endif
#endif
