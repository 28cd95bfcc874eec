/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_rescale_s16_s8.h"

#include "tm_requantize.h"

void tm_rescale_s16_s8(const tm_rescale_s16_s8_params *p, const int16_t *in, int8_t *out) {
    const tm_rescale_s16_s8_params params = *p; /* out could be an alias of p, this cannot */
    for (uint32_t i = 0; i < params.elements; ++i) {
        const int32_t x = in[i] - params.in_zero_point;
        const int32_t y = tm_requantize(x, params.multiplier, params.shift) + params.out_zero_point;
        out[i] = (int8_t)tm_clamp(y, INT8_MIN, INT8_MAX);
    }
}
