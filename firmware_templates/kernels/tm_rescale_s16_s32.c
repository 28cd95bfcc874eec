/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_rescale_s16_s32.h"

#include "tm_requantize.h"

void tm_rescale_s16_s32(const tm_rescale_s16_s32_params *p, const int16_t *in, int32_t *out) {
    const tm_rescale_s16_s32_params params = *p; /* out could be an alias of p, this cannot */
    for (uint32_t i = 0; i < params.elements; ++i) {
        out[i] = tm_requantize(in[i] - params.in_zero_point, params.multiplier, params.shift);
    }
}
