/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_frame.h"

#include "tm_feature_bands.h"
#include "tm_feature_cepstrum.h"
#include "tm_feature_fft.h"
#include "tm_feature_power.h"
#include "tm_feature_window.h"

void tm_feature_frame(const tm_feature_params *p, const int16_t *sound, tm_feature_bin *bins,
                      int16_t *levels, int16_t *out) {
    tm_feature_window(p, sound, bins);
    tm_feature_fft(p->cosines, p->fft / 2, bins);
    tm_feature_power(p, bins);
    if (p->coefficients != 0) {
        tm_feature_bands(p, bins, levels);
        tm_feature_cepstrum(p, levels, out);
    } else {
        tm_feature_bands(p, bins, out);
    }
}
