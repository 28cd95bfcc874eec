/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_stream_sum_s8.h"

#include "tm_requantize.h"

/* A row takes the place of an old one. */
static void exchange(int32_t channels, const int8_t *in, int8_t *old, int32_t *sums) {
    for (int32_t c = 0; c < channels; ++c) {
        sums[c] += in[c] - old[c];
        old[c] = in[c];
    }
}

void tm_stream_sum_s8(const tm_stream_sum_s8_params *p, const int8_t *in, int8_t *kept,
                      int32_t *sums, int8_t *out) {
    const tm_stream_sum_s8_params params = *p; /* sums could be an alias of p, this cannot */
    int32_t place = sums[params.channels];
    for (int32_t i = 0; i < params.added; ++i) {
        int8_t *old = &kept[place * params.rows * params.channels];
        for (int32_t row = 0; row < params.rows; ++row) {
            exchange(params.channels, in, old, sums);
            in += params.channels;
            old += params.channels;
        }
        place = place + 1 == params.columns ? 0 : place + 1;
    }
    sums[params.channels] = place;
    for (int32_t c = 0; c < params.channels; ++c) {
        const int32_t scaled =
            tm_requantize(sums[c] + params.start, params.multiplier, params.shift);
        out[c] = (int8_t)tm_clamp(scaled + params.zero_point, -128, 127);
    }
}
