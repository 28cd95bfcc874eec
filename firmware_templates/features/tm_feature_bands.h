/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FEATURE_BANDS_H
#define TM_FEATURE_BANDS_H

#include "tm_feature_params.h"

/* bins (fft / 2 + 1) of powers, levels (bands): the level of the energy in each band, from -8192.
 */
void tm_feature_bands(const tm_feature_params *p, const tm_feature_bin *bins, int16_t *levels);

#endif
