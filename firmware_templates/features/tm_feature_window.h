/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FEATURE_WINDOW_H
#define TM_FEATURE_WINDOW_H

#include "tm_feature_params.h"

/* sound (window), bins (fft / 2): sound times the Hann window, sample 2i as the real and 2i + 1 as
 * the imaginary part of a number, at the place where tm_feature_fft wants it. */
void tm_feature_window(const tm_feature_params *p, const int16_t *sound, tm_feature_bin *bins);

#endif
