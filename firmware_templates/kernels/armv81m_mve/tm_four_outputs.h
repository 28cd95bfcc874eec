/* SPDX-License-Identifier: Apache-2.0
 *
 * Up to four outputs at once: sums and bias of four channels, scaled as tm_requantize does. */
#ifndef TM_FOUR_OUTPUTS_H
#define TM_FOUR_OUTPUTS_H

#include <stdint.h>

#include "tm_to_output.h"

#ifdef __ARM_FEATURE_MVE

#include <arm_mve.h>

/* x times the scales. VQRDMULH is tm_high_mul; VRSHL rounds ties up, so that negative numbers that
 * are shifted to the right are made smaller by 1 before: then ties go away from zero. */
static inline int32x4_t tm_scaled_four(int32x4_t x, int32x4_t multiplier, int32x4_t shift) {
    const int32x4_t zero = vdupq_n_s32(0);
    const int32x4_t right = vminq_s32(shift, zero);
    x = vshlq_s32(x, vmaxq_s32(shift, zero));
    x = vqrdmulhq_s32(x, multiplier);
    x = vaddq_s32(x, vshrq_n_s32(vandq_s32(x, right), 31));
    return vrshlq_s32(x, right);
}

/* From sums with their bias to outputs. */
static inline int32x4_t tm_held_four(const tm_output *o, int32x4_t sums, int32x4_t multiplier,
                                     int32x4_t shift) {
    int32x4_t x = tm_scaled_four(sums, multiplier, shift);
    x = vaddq_n_s32(x, o->zero_point);
    x = vmaxq_s32(x, vdupq_n_s32(o->least));
    return vminq_s32(x, vdupq_n_s32(o->most));
}

/* sums (4), the tables c at their channels, out (count), count from 1 to 4. Four have their own
 * way: gcc keeps predicates on the stack. */
static inline void tm_four_outputs(const tm_output *o, const tm_channels *c, const int32_t *sums,
                                   int32_t count, int8_t *out) {
    const int32_t has_each = o->channel_step;
    if (count == 4) {
        const int32x4_t x = vaddq_s32(vldrwq_s32(sums), vldrwq_s32(c->bias));
        const int32x4_t multiplier =
            has_each ? vldrwq_s32(c->multiplier) : vdupq_n_s32(*c->multiplier);
        const int32x4_t shift = has_each ? vldrbq_s32(c->shift) : vdupq_n_s32(*c->shift);
        vstrbq_s32(out, tm_held_four(o, x, multiplier, shift));
        return;
    }
    const mve_pred16_t p = vctp32q((uint32_t)count);
    const int32x4_t x = vaddq_s32(vldrwq_s32(sums), vldrwq_z_s32(c->bias, p));
    const int32x4_t multiplier =
        has_each ? vldrwq_z_s32(c->multiplier, p) : vdupq_n_s32(*c->multiplier);
    const int32x4_t shift = has_each ? vldrbq_z_s32(c->shift, p) : vdupq_n_s32(*c->shift);
    vstrbq_p_s32(out, tm_held_four(o, x, multiplier, shift), p);
}

#else

static inline void tm_four_outputs(const tm_output *o, const tm_channels *c, const int32_t *sums,
                                   int32_t count, int8_t *out) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t at = i * o->channel_step;
        out[i] = tm_to_output(o, sums[i] + c->bias[i], c->multiplier[at], c->shift[at]);
    }
}

#endif
#endif
