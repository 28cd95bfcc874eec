/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_delay_s16.h"

#include "tm_stream.h"

void tm_signal_delay_s16(const tm_signal_delay_s16_params *p, const int16_t *in, int16_t *kept,
                         int16_t *out) {
    const tm_signal_delay_s16_params params = *p; /* out could be an alias of p, this cannot */
    for (int32_t channel = 0; channel < params.channels; ++channel) {
        for (int32_t i = 0; i < params.samples; ++i) {
            out[i] = tm_stream_at(kept, params.delay, in, i);
        }
        tm_stream_advance(kept, params.delay, in, params.samples);
        in += params.samples;
        out += params.samples;
        kept += params.delay;
    }
}
