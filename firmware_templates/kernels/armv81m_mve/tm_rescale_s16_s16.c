/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_rescale_s16_s16.h"

#include "tm_lanes.h"
#include "tm_requantize.h"

#ifdef __ARM_FEATURE_MVE

static int32x4_t four(tm_rescale_s16_s16_params p, int32x4_t x) {
    x = tm_lanes_scaled(vsubq_n_s32(x, p.in_zero_point), p.multiplier, p.shift);
    return tm_lanes_held(x, p.out_zero_point, INT16_MIN, INT16_MAX);
}

static void rescale(tm_rescale_s16_s16_params p, const int16_t *in, int16_t *out) {
    uint32_t left = p.elements;
    for (; left >= 4; left -= 4, in += 4, out += 4) {
        vstrhq_s32(out, four(p, vldrhq_s32(in)));
    }
    if (left > 0) {
        const mve_pred16_t lanes = vctp32q(left);
        vstrhq_p_s32(out, four(p, vldrhq_z_s32(in, lanes)), lanes);
    }
}

#else

static void rescale(tm_rescale_s16_s16_params p, const int16_t *in, int16_t *out) {
    for (uint32_t i = 0; i < p.elements; ++i) {
        const int32_t x = tm_requantize(in[i] - p.in_zero_point, p.multiplier, p.shift);
        out[i] = (int16_t)tm_clamp(x + p.out_zero_point, INT16_MIN, INT16_MAX);
    }
}

#endif

void tm_rescale_s16_s16(const tm_rescale_s16_s16_params *p, const int16_t *in, int16_t *out) {
    rescale(*p, in, out); /* out could be an alias of p, a copy cannot */
}
