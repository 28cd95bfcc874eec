/* SPDX-License-Identifier: Apache-2.0
 *
 * Four outputs of int16 at once, from sums that fit in 32 bits without their bias. */
#ifndef TM_FOUR_OUTPUTS_S16_H
#define TM_FOUR_OUTPUTS_S16_H

#include <stdint.h>

#include "tm_channels_s16.h"

/* sums, out (count), the tables c at their channels. */
static inline void tm_each_output_s16(const tm_output_s16 *o, const tm_channels_s16 *c,
                                      const int32_t *sums, int32_t count, int16_t *out) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t at = i * o->channel_step;
        out[i] = tm_to_output_s16(o, c->bias[i] + sums[i], c->multiplier[at], c->shift[at]);
    }
}

/* sums, out (4), the tables c at their channels. */
#ifdef __ARM_FEATURE_MVE

#include "tm_four_outputs.h"

static inline void tm_four_outputs_s16(const tm_output_s16 *o, const tm_channels_s16 *c,
                                       const int32_t *sums, int16_t *out) {
    const int32_t has_each = o->channel_step;
    const int32x4x2_t bias = vld2q_s32((const int32_t *)(const void *)c->bias);
    const int32x4_t low = bias.val[0], high = bias.val[1], some = vldrwq_s32(sums);
    const int32x4_t multiplier = has_each ? vldrwq_s32(c->multiplier) : vdupq_n_s32(*c->multiplier);
    const int32x4_t shift = has_each ? vldrbq_s32(c->shift) : vdupq_n_s32(*c->shift);
    int32x4_t x = vaddq_s32(low, some);
    if (o->rounds_once) { /* the usual case of tm_requantize_once, if all four are one */
        const uint32x4_t beyond = vreinterpretq_u32_s32(vsubq_n_s32(shift, 16));
        mve_pred16_t is_other = vcmpneq_s32(vshrq_n_s32(low, 31), high);
        is_other |= vcmpneq_s32(vqaddq_s32(low, some), x);
        is_other |= vcmphiq_n_u32(beyond, 16);
        if (is_other != 0) {
            tm_each_output_s16(o, c, sums, 4, out);
            return;
        }
        x = vrmulhq_s32(x, vshlq_s32(multiplier, vsubq_s32(vdupq_n_s32(32), shift)));
    } else {
        x = tm_scaled_four(x, multiplier, shift);
    }
    x = vmaxq_s32(x, vdupq_n_s32(o->least));
    vstrhq_s32(out, vminq_s32(x, vdupq_n_s32(o->most)));
}

#else

static inline void tm_four_outputs_s16(const tm_output_s16 *o, const tm_channels_s16 *c,
                                       const int32_t *sums, int16_t *out) {
    tm_each_output_s16(o, c, sums, 4, out);
}

#endif
#endif
