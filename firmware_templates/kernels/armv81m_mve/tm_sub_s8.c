/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sub_s8.h"

#include "tm_broadcast.h"
#include "tm_lanes.h"
#include "tm_requantize.h"

/* A row of differences: big and small (length each, or one number where the step is 0), out
 * (length). A difference is in steps of 2 * big's scale / 2^20, rescaled. */
#ifdef __ARM_FEATURE_MVE

static int32x4_t four_differences(tm_sub_s8_params p, int32x4_t big, int32x4_t small) {
    int32x4_t x = vshlq_n_s32(vsubq_n_s32(small, p.small_zero_point), 20);
    x = vqrdmulhq_n_s32(x, p.small_multiplier);
    x = tm_lanes_shift_right(x, p.small_shift, p.small_shift > 0);
    x = vmulq_n_s32(x, p.small_factor);
    x = vmlaq_n_s32(x, vsubq_n_s32(big, p.big_zero_point), p.big_factor);
    x = vqrdmulhq_n_s32(x, p.output_multiplier);
    x = tm_lanes_shift_right(x, p.output_shift, 1);
    return tm_lanes_held(x, p.output_zero_point, p.least, p.most);
}

static void one_row(const tm_sub_s8_params *p, const int8_t *big, int32_t big_step,
                    const int8_t *small, int32_t small_step, int8_t *out, int32_t length) {
    const tm_sub_s8_params params = *p; /* out could be an alias of p, this cannot */
    const tm_still big_still = tm_still_of(*big), small_still = tm_still_of(*small);
    big = tm_row_or_still(big, big_step, &big_still);
    small = tm_row_or_still(small, small_step, &small_still);
    for (; length >= 4; length -= 4) {
        vstrbq_s32(out, four_differences(params, vldrbq_s32(big), vldrbq_s32(small)));
        big += 4 * big_step;
        small += 4 * small_step;
        out += 4;
    }
    if (length > 0) {
        const mve_pred16_t lanes = vctp32q((uint32_t)length);
        const int32x4_t x = vldrbq_z_s32(big, lanes), y = vldrbq_z_s32(small, lanes);
        vstrbq_p_s32(out, four_differences(params, x, y), lanes);
    }
}

#else

static int8_t difference(const tm_sub_s8_params *p, int32_t big, int32_t small) {
    int32_t x = (small - p->small_zero_point) * (1 << 20);
    x = tm_requantize(x, p->small_multiplier, -p->small_shift) * p->small_factor;
    x += (big - p->big_zero_point) * p->big_factor;
    x = tm_requantize(x, p->output_multiplier, -p->output_shift);
    return (int8_t)tm_clamp(x + p->output_zero_point, p->least, p->most);
}

static void one_row(const tm_sub_s8_params *p, const int8_t *big, int32_t big_step,
                    const int8_t *small, int32_t small_step, int8_t *out, int32_t length) {
    for (; length > 0; --length, big += big_step, small += small_step) {
        *out++ = difference(p, *big, *small);
    }
}

#endif

void tm_sub_s8(const tm_sub_s8_params *p, const int8_t *big, const int8_t *small,
               const int32_t *plan, int8_t *out) {
    const int32_t length = plan[1];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        one_row(p, big + row.left, plan[2], small + row.right, plan[3], out, length);
        out += length;
    } while (tm_broadcast_next(&row));
}
