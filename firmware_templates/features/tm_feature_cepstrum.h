/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FEATURE_CEPSTRUM_H
#define TM_FEATURE_CEPSTRUM_H

#include "tm_feature_params.h"

/* levels (bands), out (coefficients): the first coefficients of their DCT, halved and saturated. */
void tm_feature_cepstrum(const tm_feature_params *p, const int16_t *levels, int16_t *out);

#endif
