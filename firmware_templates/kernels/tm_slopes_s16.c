/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_slopes_s16.h"

#include "tm_requantize.h"

static int16_t value_of(tm_slopes_s16_params p, int32_t x) {
    const int32_t scaled =
        x >= 0 ? tm_requantize(x, p.above_multiplier, p.above_shift)
               : tm_requantize(x * p.below_factor, p.below_multiplier, p.below_shift);
    return (int16_t)tm_clamp(scaled, p.least, p.most);
}

void tm_slopes_s16(const tm_slopes_s16_params *p, const int16_t *in, int16_t *out) {
    const tm_slopes_s16_params params = *p; /* out could be an alias of p, this cannot */
    for (uint32_t i = 0; i < params.elements; ++i) {
        out[i] = value_of(params, in[i]);
    }
}
