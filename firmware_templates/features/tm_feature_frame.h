/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FEATURE_FRAME_H
#define TM_FEATURE_FRAME_H

#include "tm_feature_params.h"

/* sound (window), out (bands) of log-mel or (coefficients) of MFCC: the features of a frame. bins
 * (fft / 2 + 1) and, for MFCC alone, levels (bands) are to work in. */
void tm_feature_frame(const tm_feature_params *p, const int16_t *sound, tm_feature_bin *bins,
                      int16_t *levels, int16_t *out);

#endif
