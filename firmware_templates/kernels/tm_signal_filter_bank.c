/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_filter_bank.h"

void tm_signal_filter_bank(const tm_signal_filter_bank_params *p, const uint32_t *in,
                           const int16_t *weights, const int16_t *unweights, const int16_t *bins,
                           const int16_t *places, const int16_t *widths, uint64_t *out) {
    const int32_t channels = p->channels;
    uint64_t sum = 0, rest = 0;
    for (int32_t channel = 0; channel <= channels; ++channel) {
        const uint32_t *const x = in + bins[channel];
        const int16_t *const weight = weights + places[channel];
        const int16_t *const unweight = unweights + places[channel];
        for (int32_t i = 0; i < widths[channel]; ++i) {
            sum += (uint64_t)((int64_t)weight[i] * x[i]);
            rest += (uint64_t)((int64_t)unweight[i] * x[i]);
        }
        if (channel > 0) {
            out[channel - 1] = sum;
        }
        sum = rest;
        rest = 0;
    }
}
