/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FEATURE_FFT_H
#define TM_FEATURE_FFT_H

#include "tm_feature_params.h"

/* bins (size), a power of two from 4 on, in bit-reversed order: their transform of radix 2, in
 * place, not scaled down. cosines (size / 2 + 1): a quarter of the turn that has 2 size parts. */
void tm_feature_fft(const int16_t *cosines, int32_t size, tm_feature_bin *bins);

#endif
