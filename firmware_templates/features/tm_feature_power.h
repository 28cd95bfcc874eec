/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FEATURE_POWER_H
#define TM_FEATURE_POWER_H

#include "tm_feature_params.h"

/* bins (fft / 2 + 1): the FFT of half the size becomes the powers of the real samples, below 2^47,
 * in place. */
void tm_feature_power(const tm_feature_params *p, tm_feature_bin *bins);

#endif
