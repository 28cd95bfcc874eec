/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_window_s16.h"

#include "tm_requantize.h"

void tm_signal_window_s16(const tm_signal_window_s16_params *p, const int16_t *in,
                          const int16_t *window, int16_t *out) {
    const tm_signal_window_s16_params params = *p; /* out could be an alias of p, this cannot */
    for (int32_t frame = 0; frame < params.frames; ++frame) {
        for (int32_t i = 0; i < params.samples; ++i) {
            const int32_t product = *in++ * window[i];
            *out++ = (int16_t)tm_clamp(product >> params.shift, INT16_MIN, INT16_MAX);
        }
    }
}
