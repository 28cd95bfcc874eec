/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_dequantize_s16.h"

void tm_dequantize_s16(const tm_dequantize_s16_params *p, const int16_t *in, float *out) {
    const float scale = p->scale;
    const int32_t zero_point = p->zero_point;
    for (uint32_t i = 0; i < p->elements; ++i) {
        out[i] = scale * (float)(in[i] - zero_point);
    }
}
