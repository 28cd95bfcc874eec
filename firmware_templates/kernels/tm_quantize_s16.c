/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_quantize_s16.h"

#include "tm_requantize.h"
#include "tm_round.h"

void tm_quantize_s16(const tm_quantize_s16_params *p, const float *in, int16_t *out) {
    const float scale = p->scale;
    const int32_t zero_point = p->zero_point;
    for (uint32_t i = 0; i < p->elements; ++i) {
        const int32_t steps = tm_round_steps(in[i] / scale, 1 << 16);
        out[i] = (int16_t)tm_clamp(steps + zero_point, INT16_MIN, INT16_MAX);
    }
}
