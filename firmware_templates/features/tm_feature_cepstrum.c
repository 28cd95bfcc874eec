/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_cepstrum.h"

void tm_feature_cepstrum(const tm_feature_params *p, const int16_t *levels, int16_t *out) {
    const int16_t *dct = p->dct;
    for (int32_t i = 0; i < p->coefficients; i++, dct += p->bands) {
        int64_t sum = 1 << 15;
        for (int32_t band = 0; band < p->bands; band++) {
            sum += levels[band] * dct[band];
        }
        const int32_t value = (int32_t)(sum >> 16);
        out[i] = (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
    }
}
