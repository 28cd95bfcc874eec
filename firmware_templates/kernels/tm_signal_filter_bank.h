/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_FILTER_BANK_H
#define TM_SIGNAL_FILTER_BANK_H

#include <stdint.h>

typedef struct {
    int32_t channels;
} tm_signal_filter_bank_params;

/* in (bins), weights and unweights (of all channels, one after the other), and for each of channels
 * + 1: its first bin, its first weight and its width; out (channels). A channel is the weighted sum
 * over its own bins and the unweighted rest of those of the channel before. The very first one only
 * gives its rest. */
void tm_signal_filter_bank(const tm_signal_filter_bank_params *p, const uint32_t *in,
                           const int16_t *weights, const int16_t *unweights, const int16_t *bins,
                           const int16_t *places, const int16_t *widths, uint64_t *out);

#endif
