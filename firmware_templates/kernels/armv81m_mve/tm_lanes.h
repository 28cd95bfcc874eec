/* SPDX-License-Identifier: Apache-2.0
 *
 * Four numbers of 32 bits at once, as MVE has them: what several kernels do with them. */
#ifndef TM_LANES_H
#define TM_LANES_H

#include <stdint.h>

#ifdef __ARM_FEATURE_MVE

#include <arm_mve.h>

/* x / 2^bits to the nearest, ties away from zero; bits from 0 to 31. VRSHL rounds ties up, so that
 * negative numbers are made smaller by 1 before; ties is 1, or 0 where bits is 0. */
static inline int32x4_t tm_lanes_shift_right(int32x4_t x, int32_t bits, int32_t ties) {
    x = vmlaq_n_s32(x, vshrq_n_s32(x, 31), ties);
    return vrshlq_n_s32(x, -bits);
}

static inline int32x4_t tm_lanes_held(int32x4_t x, int32_t zero_point, int32_t least,
                                      int32_t most) {
    x = vmaxq_s32(vaddq_n_s32(x, zero_point), vdupq_n_s32(least));
    return vminq_s32(x, vdupq_n_s32(most));
}

/* x times the scale, as tm_requantize does it. */
static inline int32x4_t tm_lanes_scaled(int32x4_t x, int32_t multiplier, int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0, right = shift < 0 ? -shift : 0;
    x = vqrdmulhq_n_s32(vshlq_r_s32(x, left), multiplier);
    return tm_lanes_shift_right(x, right, right > 0);
}

/* One number four times, so that a row of it can be read from its start again and again. */
typedef struct {
    uint32_t four;
} tm_still;

static inline tm_still tm_still_of(int8_t value) {
    const tm_still still = {(uint8_t)value * 0x01010101u};
    return still;
}

/* Where a row is read: at row, or at the number that stands for it if the step is 0. */
static inline const int8_t *tm_row_or_still(const int8_t *row, int32_t step,
                                            const tm_still *still) {
    return step != 0 ? row : (const int8_t *)&still->four;
}

#endif
#endif
