/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_fft_auto_scale_s16.h"

#include "tm_requantize.h"

void tm_signal_fft_auto_scale_s16(const tm_signal_fft_auto_scale_s16_params *p, const int16_t *in,
                                  int16_t *out, int32_t *bits) {
    const int32_t samples = p->samples;
    int32_t largest = 0, shift = 0;
    for (int32_t i = 0; i < samples; ++i) {
        const int32_t size = in[i] < 0 ? -in[i] : in[i];
        largest = size > largest ? size : largest;
    }
    while (largest > 0 && (largest << (shift + 1)) < 32768) {
        ++shift;
    }
    for (int32_t i = 0; i < samples; ++i) {
        out[i] = (int16_t)tm_shift_left(in[i], shift);
    }
    *bits = shift;
}
