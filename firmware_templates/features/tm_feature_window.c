/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_window.h"

void tm_feature_window(const tm_feature_params *p, const int16_t *sound, tm_feature_bin *bins) {
    const uint32_t half = (uint32_t)p->fft / 2u;
    const int32_t window = p->window;
    const int16_t *const hann = p->hann;
    uint32_t place = 0; /* i with its bits turned round */
    for (uint32_t i = 0; i < half; i++) {
        int32_t pair[2] = {0, 0};
        for (int32_t part = 0; part < 2; part++) {
            const int32_t here = (int32_t)(2u * i) + part, mirror = window - here;
            if (mirror > 0) {
                pair[part] = (sound[here] * hann[here < mirror ? here : mirror] + (1 << 14)) >> 15;
            }
        }
        bins[place].z.re = pair[0];
        bins[place].z.im = pair[1];
        uint32_t bit = half >> 1;
        for (; (place & bit) != 0u; bit >>= 1) {
            place ^= bit;
        }
        place |= bit;
    }
}
