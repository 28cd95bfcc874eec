/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ADD_ROW_H
#define TM_ADD_ROW_H

#include <stdint.h>

#include "tm_add.h"
#include "tm_lanes.h"

/* A row of sums: big and small (length each, or one number where the step is 0), out (length). */
#ifdef __ARM_FEATURE_MVE

/* tm_add of four. VQRDMULH halves less than tm_high_word, so that its operand is half as large. */
static inline int32x4_t tm_add_four(tm_add_params p, int32x4_t big, int32x4_t small) {
    int32x4_t x = vshlq_n_s32(vsubq_n_s32(small, p.small_zero_point), 20);
    x = vqrdmulhq_n_s32(x, p.small_multiplier);
    x = tm_lanes_shift_right(x, p.small_shift, p.small_shift > 0);
    x = vmlaq_n_s32(x, vsubq_n_s32(big, p.big_zero_point), 1 << 19);
    x = vqrdmulhq_n_s32(x, p.output_multiplier);
    x = tm_lanes_shift_right(x, p.output_shift, 1);
    return tm_lanes_held(x, p.output_zero_point, p.least, p.most);
}

static inline void tm_add_row(const tm_add_params *p, const int8_t *big, int32_t big_step,
                              const int8_t *small, int32_t small_step, int8_t *out,
                              int32_t length) {
    const tm_add_params params = *p; /* out could be an alias of p, this cannot */
    const tm_still big_still = tm_still_of(*big), small_still = tm_still_of(*small);
    big = tm_row_or_still(big, big_step, &big_still);
    small = tm_row_or_still(small, small_step, &small_still);
    for (; length >= 4; length -= 4) {
        vstrbq_s32(out, tm_add_four(params, vldrbq_s32(big), vldrbq_s32(small)));
        big += 4 * big_step;
        small += 4 * small_step;
        out += 4;
    }
    if (length > 0) {
        const mve_pred16_t lanes = vctp32q((uint32_t)length);
        const int32x4_t x = vldrbq_z_s32(big, lanes), y = vldrbq_z_s32(small, lanes);
        vstrbq_p_s32(out, tm_add_four(params, x, y), lanes);
    }
}

#else

static inline void tm_add_row(const tm_add_params *p, const int8_t *big, int32_t big_step,
                              const int8_t *small, int32_t small_step, int8_t *out,
                              int32_t length) {
    const tm_add_params params = *p; /* out could be an alias of p, this cannot */
    for (; length > 0; --length, big += big_step, small += small_step) {
        *out++ = tm_add(params, *big, *small);
    }
}

#endif
#endif
