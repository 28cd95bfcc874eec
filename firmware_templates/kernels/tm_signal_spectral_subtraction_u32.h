/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_SPECTRAL_SUBTRACTION_U32_H
#define TM_SIGNAL_SPECTRAL_SUBTRACTION_U32_H

#include <stdint.h>

typedef struct {
    int32_t channels;
    uint32_t smoothing[2], one_minus_smoothing[2]; /* of even and of odd channels */
    uint32_t min_signal_remaining;
    int32_t smoothing_bits, bits; /* what 1 is in the estimate's finer steps, and in the factors */
    int32_t clamping;             /* whether an estimate is held to the signal */
} tm_signal_spectral_subtraction_u32_params;

/* in (channels), estimate (channels), which is kept for the next call, out (channels), noise
 * (channels): the signal less the estimated noise, and that estimate. */
void tm_signal_spectral_subtraction_u32(const tm_signal_spectral_subtraction_u32_params *p,
                                        const uint32_t *in, uint32_t *estimate, uint32_t *out,
                                        uint32_t *noise);

#endif
