/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_overlap_add_s16.h"

#include "tm_requantize.h"

void tm_signal_overlap_add_s16(const tm_signal_overlap_add_s16_params *p, const int16_t *in,
                               int16_t *kept, int16_t *out) {
    const tm_signal_overlap_add_s16_params params =
        *p; /* out could be an alias of p, this cannot */
    const int32_t rest = params.size - params.step;
    for (int32_t channel = 0; channel < params.channels; ++channel) {
        for (int32_t frame = 0; frame < params.frames; ++frame) {
            for (int32_t i = 0; i < params.size; ++i) {
                const int32_t sum = in[i] + (i < rest ? kept[i] : 0);
                const int16_t held = (int16_t)tm_clamp(sum, -32768, 32767);
                if (i < params.step) {
                    out[i] = held;
                } else {
                    kept[i - params.step] = held;
                }
            }
            in += params.size;
            out += params.step;
        }
        kept += rest;
    }
}
