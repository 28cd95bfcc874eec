/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_spectral_subtraction_u32.h"

void tm_signal_spectral_subtraction_u32(const tm_signal_spectral_subtraction_u32_params *p,
                                        const uint32_t *in, uint32_t *estimate, uint32_t *out,
                                        uint32_t *noise) {
    for (int32_t i = 0; i < p->channels; ++i) {
        const uint32_t signal = in[i] << p->smoothing_bits;
        const uint64_t sum = (uint64_t)signal * p->smoothing[i & 1] +
                             (uint64_t)estimate[i] * p->one_minus_smoothing[i & 1];
        uint32_t level = (uint32_t)(sum >> p->bits);
        if (p->clamping && level > signal) {
            level = signal;
        }
        const uint32_t least = (uint32_t)(((uint64_t)in[i] * p->min_signal_remaining) >> p->bits);
        const uint32_t left = signal > level ? (signal - level) >> p->smoothing_bits : 0;
        estimate[i] = level;
        noise[i] = level;
        out[i] = left > least ? left : least;
    }
}
