/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MUL_ROW_H
#define TM_MUL_ROW_H

#include <stdint.h>

#include "tm_lanes.h"
#include "tm_mul.h"

/* A row of products: left and right (length each, or one number where the step is 0), out
 * (length). */
#ifdef __ARM_FEATURE_MVE

/* tm_mul of four. VQRDMULH halves less than tm_high_word, so that its operand is half as large. */
static inline int32x4_t tm_mul_four(tm_mul_params p, int32x4_t left, int32x4_t right) {
    left = vsubq_n_s32(left, p.left_zero_point);
    int32x4_t x = vmulq_s32(left, vsubq_n_s32(right, p.right_zero_point));
    x = vqrdmulhq_n_s32(vshlq_r_s32(x, p.left_shift - 1), p.multiplier);
    x = tm_lanes_shift_right(x, p.right_shift, p.right_shift > 0);
    return tm_lanes_held(x, p.output_zero_point, p.least, p.most);
}

static inline void tm_mul_row(const tm_mul_params *p, const int8_t *left, int32_t left_step,
                              const int8_t *right, int32_t right_step, int8_t *out,
                              int32_t length) {
    const tm_mul_params params = *p; /* out could be an alias of p, this cannot */
    const tm_still left_still = tm_still_of(*left), right_still = tm_still_of(*right);
    left = tm_row_or_still(left, left_step, &left_still);
    right = tm_row_or_still(right, right_step, &right_still);
    for (; length >= 4; length -= 4) {
        vstrbq_s32(out, tm_mul_four(params, vldrbq_s32(left), vldrbq_s32(right)));
        left += 4 * left_step;
        right += 4 * right_step;
        out += 4;
    }
    if (length > 0) {
        const mve_pred16_t lanes = vctp32q((uint32_t)length);
        const int32x4_t x = vldrbq_z_s32(left, lanes), y = vldrbq_z_s32(right, lanes);
        vstrbq_p_s32(out, tm_mul_four(params, x, y), lanes);
    }
}

#else

static inline void tm_mul_row(const tm_mul_params *p, const int8_t *left, int32_t left_step,
                              const int8_t *right, int32_t right_step, int8_t *out,
                              int32_t length) {
    const tm_mul_params params = *p; /* out could be an alias of p, this cannot */
    for (; length > 0; --length, left += left_step, right += right_step) {
        *out++ = tm_mul(params, *left, *right);
    }
}

#endif
#endif
