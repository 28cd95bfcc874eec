/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_FFT_AUTO_SCALE_S16_H
#define TM_SIGNAL_FFT_AUTO_SCALE_S16_H

#include <stdint.h>

typedef struct {
    int32_t samples;
} tm_signal_fft_auto_scale_s16_params;

/* in (samples), out (samples), bits (1): the samples shifted to the left as far as the largest of
 * them allows, and how far that is. */
void tm_signal_fft_auto_scale_s16(const tm_signal_fft_auto_scale_s16_params *p, const int16_t *in,
                                  int16_t *out, int32_t *bits);

#endif
