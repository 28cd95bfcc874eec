/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_rescale_s8_s16.h"

#include "tm_requantize.h"

void tm_rescale_s8_s16(const tm_rescale_s8_s16_params *p, const int8_t *in, int16_t *out) {
    const tm_rescale_s8_s16_params params = *p; /* out could be an alias of p, this cannot */
    for (uint32_t i = 0; i < params.elements; ++i) {
        const int32_t x = in[i] - params.in_zero_point;
        const int32_t y = tm_requantize(x, params.multiplier, params.shift) + params.out_zero_point;
        out[i] = (int16_t)tm_clamp(y, INT16_MIN, INT16_MAX);
    }
}
