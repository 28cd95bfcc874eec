/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_framer_s16.h"

#include "tm_stream.h"

void tm_signal_framer_s16(const tm_signal_framer_s16_params *p, const int16_t *in, int16_t *kept,
                          int32_t *count, int16_t *out, uint8_t *complete) {
    const tm_signal_framer_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t first = *count + params.before;
    int32_t here = first;
    uint8_t all = 1;
    for (int32_t channel = 0; channel < params.channels; ++channel) {
        here = first;
        for (int32_t frame = 0; frame < params.frames; ++frame) {
            if (here + params.step < params.size) {
                for (int32_t i = 0; i < params.step; ++i) {
                    kept[here + i] = in[i];
                }
                for (int32_t i = 0; i < params.size; ++i) {
                    out[i] = 0;
                }
                here += params.step;
                all = 0;
            } else {
                for (int32_t i = 0; i < params.size; ++i) {
                    out[i] = tm_stream_at(kept, here, in, i);
                }
                tm_stream_advance(kept, here, in, params.step);
            }
            in += params.step;
            out += params.size;
        }
        kept += params.size;
    }
    *count = here - params.before;
    *complete = all;
}
