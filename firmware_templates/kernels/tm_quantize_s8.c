/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_quantize_s8.h"

#include "tm_requantize.h"
#include "tm_round.h"

/* Beyond this many steps every zero point gives int8's limit. */
#define FAR 512

void tm_quantize_s8(const tm_quantize_s8_params *p, const float *in, int8_t *out) {
    const float scale = p->scale;
    const int32_t zero_point = p->zero_point;
    for (uint32_t i = 0; i < p->elements; ++i) {
        out[i] = (int8_t)tm_clamp(tm_round_steps(in[i] / scale, FAR) + zero_point, -128, 127);
    }
}
