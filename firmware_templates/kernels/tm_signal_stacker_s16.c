/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_stacker_s16.h"

void tm_signal_stacker_s16(const tm_signal_stacker_s16_params *p, const int16_t *in, int16_t *kept,
                           int32_t *count, int16_t *out, uint8_t *complete) {
    const tm_signal_stacker_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t all = params.rows * params.channels, step = params.step * params.channels;
    const int32_t first = *count == 0 ? 0 : *count - 1;
    const int32_t last = first + (*count == 0 ? params.before : 0) + 1;
    for (int32_t row = first; row < last; ++row) {
        for (int32_t i = 0; i < params.channels; ++i) {
            kept[row * params.channels + i] = in[i];
        }
    }
    const uint8_t is_complete = last == params.rows;
    for (int32_t i = 0; i < all; ++i) {
        out[i] = is_complete ? kept[i] : (int16_t)0;
    }
    for (int32_t i = 0; is_complete && i < all - step; ++i) {
        kept[i] = kept[i + step];
    }
    *count = 1 + (is_complete ? last - params.step : last);
    *complete = is_complete;
}
