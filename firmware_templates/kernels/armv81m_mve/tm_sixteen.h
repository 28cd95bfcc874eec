/* SPDX-License-Identifier: Apache-2.0
 *
 * Sixteen outputs at once, from sums and the tables of sixteen channels. */
#ifndef TM_SIXTEEN_H
#define TM_SIXTEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_four_outputs.h"
#include "tm_to_output.h"

enum { TM_SIXTEEN = 16 };

/* Tables of sixteen channels, for where a layer's own have fewer numbers. */
typedef struct {
    int32_t bias[TM_SIXTEEN];
    int32_t multiplier[TM_SIXTEEN];
    int8_t shift[TM_SIXTEEN];
} tm_sixteen;

/* sums (16) that begin with start. */
static inline void tm_sixteen_start(int32_t *sums, int32_t start) {
    for (int32_t i = 0; i < TM_SIXTEEN; ++i) {
        sums[i] = start;
    }
}

/* The layer's one scale, for each of the sixteen. */
static inline void tm_sixteen_scale(tm_sixteen *t, const tm_channels *c) {
#ifdef __ARM_FEATURE_MVE
    const int32x4_t multiplier = vdupq_n_s32(*c->multiplier);
    vstrwq_s32(t->multiplier, multiplier);
    vstrwq_s32(t->multiplier + 4, multiplier);
    vstrwq_s32(t->multiplier + 8, multiplier);
    vstrwq_s32(t->multiplier + 12, multiplier);
    vstrbq_s8(t->shift, vdupq_n_s8(*c->shift));
#else
    for (int32_t i = 0; i < TM_SIXTEEN; ++i) {
        t->multiplier[i] = *c->multiplier;
        t->shift[i] = *c->shift;
    }
#endif
}

/* The tables of count channels, from 0 to 16, at c. */
static inline void tm_sixteen_copy(tm_sixteen *t, const tm_output *o, const tm_channels *c,
                                   int32_t count) {
    for (int32_t i = 0; i < TM_SIXTEEN; ++i) {
        t->bias[i] = i < count ? c->bias[i] : 0;
        t->multiplier[i] = i < count ? c->multiplier[i * o->channel_step] : 0;
        t->shift[i] = i < count ? c->shift[i * o->channel_step] : 0;
    }
}

/* sums (16), the tables c of sixteen channels, whose shifts are all to the right, out (count),
 * count from 1 to 16. Numbers that were widened twice, and those that VLD4 loads, are in the order
 * 0, 4, 8, 12, then 1, 5, 9, 13 and so on; narrowing turns that back, and saturates. All of it is
 * assembly, as it needs each register. */
static inline void tm_sixteen_right(const tm_output *o, const tm_channels *c, const int32_t *sums,
                                    int32_t count, int8_t *out) {
#ifdef __ARM_FEATURE_MVE
    __asm volatile("vld40.32 {q4, q5, q6, q7}, [%[sums]]\n\t"
                   "vld41.32 {q4, q5, q6, q7}, [%[sums]]\n\t"
                   "vld42.32 {q4, q5, q6, q7}, [%[sums]]\n\t"
                   "vld43.32 {q4, q5, q6, q7}, [%[sums]]\n\t"
                   "vld40.32 {q0, q1, q2, q3}, [%[bias]]\n\t"
                   "vld41.32 {q0, q1, q2, q3}, [%[bias]]\n\t"
                   "vld42.32 {q0, q1, q2, q3}, [%[bias]]\n\t"
                   "vld43.32 {q0, q1, q2, q3}, [%[bias]]\n\t"
                   "vadd.i32 q4, q4, q0\n\t"
                   "vadd.i32 q5, q5, q1\n\t"
                   "vadd.i32 q6, q6, q2\n\t"
                   "vadd.i32 q7, q7, q3\n\t"
                   "vld40.32 {q0, q1, q2, q3}, [%[multiplier]]\n\t"
                   "vld41.32 {q0, q1, q2, q3}, [%[multiplier]]\n\t"
                   "vld42.32 {q0, q1, q2, q3}, [%[multiplier]]\n\t"
                   "vld43.32 {q0, q1, q2, q3}, [%[multiplier]]\n\t"
                   "vqrdmulh.s32 q4, q4, q0\n\t"
                   "vqrdmulh.s32 q5, q5, q1\n\t"
                   "vqrdmulh.s32 q6, q6, q2\n\t"
                   "vqrdmulh.s32 q7, q7, q3\n\t"
                   "vldrb.u8 q0, [%[shift]]\n\t"
                   "vmovlb.s8 q1, q0\n\t"
                   "vmovlt.s8 q0, q0\n\t"
                   "vmovlb.s16 q2, q1\n\t" /* rounds as tm_scaled_four does */
                   "vand q3, q4, q2\n\t"
                   "vshr.s32 q3, q3, #31\n\t"
                   "vadd.i32 q4, q4, q3\n\t"
                   "vrshl.s32 q4, q4, q2\n\t"
                   "vmovlb.s16 q2, q0\n\t"
                   "vand q3, q5, q2\n\t"
                   "vshr.s32 q3, q3, #31\n\t"
                   "vadd.i32 q5, q5, q3\n\t"
                   "vrshl.s32 q5, q5, q2\n\t"
                   "vmovlt.s16 q2, q1\n\t"
                   "vand q3, q6, q2\n\t"
                   "vshr.s32 q3, q3, #31\n\t"
                   "vadd.i32 q6, q6, q3\n\t"
                   "vrshl.s32 q6, q6, q2\n\t"
                   "vmovlt.s16 q2, q0\n\t"
                   "vand q3, q7, q2\n\t"
                   "vshr.s32 q3, q3, #31\n\t"
                   "vadd.i32 q7, q7, q3\n\t"
                   "vrshl.s32 q7, q7, q2\n\t"
                   "vqmovnb.s32 q0, q4\n\t"
                   "vqmovnt.s32 q0, q6\n\t"
                   "vqmovnb.s32 q1, q5\n\t"
                   "vqmovnt.s32 q1, q7\n\t"
                   "vqadd.s16 q0, q0, %[zero_point]\n\t"
                   "vqadd.s16 q1, q1, %[zero_point]\n\t"
                   "vqmovnb.s16 q2, q0\n\t"
                   "vqmovnt.s16 q2, q1\n\t"
                   "vdup.8 q0, %[least]\n\t"
                   "vmax.s8 q2, q2, q0\n\t"
                   "vdup.8 q0, %[most]\n\t"
                   "vmin.s8 q2, q2, q0\n\t"
                   "vctp.8 %[count]\n\t"
                   "vpst\n\t"
                   "vstrbt.8 q2, [%[out]]"
                   :
                   : [sums] "r"(sums), [bias] "r"(c->bias), [multiplier] "r"(c->multiplier),
                     [shift] "r"(c->shift), [zero_point] "r"(o->zero_point), [least] "r"(o->least),
                     [most] "r"(o->most), [count] "r"(count), [out] "r"(out)
                   : "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10", "d11",
                     "d12", "d13", "d14", "d15", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        out[i] = tm_to_output(o, sums[i] + c->bias[i], c->multiplier[i], c->shift[i]);
    }
#endif
}

/* The same for shifts to both sides, and tables of count channels. */
static inline void tm_sixteen_any(const tm_output *o, const tm_channels *c, const int32_t *sums,
                                  int32_t count, int8_t *out) {
    for (int32_t i = 0; i < count; i += 4) {
        const tm_channels at = tm_channels_at(c, o, i);
        tm_four_outputs(o, &at, sums + i, count - i < 4 ? count - i : 4, out + i);
    }
}

/* Whether all of count shifts are to the right. */
static inline bool tm_shifts_are_right(const int8_t *shift, int32_t step, int32_t count) {
    int32_t most = 0;
    for (int32_t i = 0; i < count; ++i, shift += step) {
        most = *shift > most ? *shift : most;
    }
    return most == 0;
}

static inline bool tm_sixteen_is_right(const int8_t *shift) {
#ifdef __ARM_FEATURE_MVE
    return vmaxvq_s8(0, vldrbq_s8(shift)) == 0;
#else
    return tm_shifts_are_right(shift, 1, TM_SIXTEEN);
#endif
}

#endif
