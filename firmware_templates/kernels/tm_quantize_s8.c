/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_quantize_s8.h"

#include "tm_requantize.h"

/* Beyond this many steps every zero point gives int8's limit. */
#define FAR 512.0f

/* To the nearest, halves away from zero, without libm. */
static int32_t round_steps(float steps) {
    if (!(steps > -FAR)) { /* also if it is not a number */
        return -(int32_t)FAR;
    }
    if (steps > FAR) {
        return (int32_t)FAR;
    }
    const int32_t whole = (int32_t)steps;
    const float rest = steps - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

void tm_quantize_s8(const tm_quantize_s8_params *p, const float *in, int8_t *out) {
    const float scale = p->scale;
    const int32_t zero_point = p->zero_point;
    for (uint32_t i = 0; i < p->elements; ++i) {
        out[i] = (int8_t)tm_clamp(round_steps(in[i] / scale) + zero_point, -128, 127);
    }
}
