/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_energy_s16.h"

void tm_signal_energy_s16(const tm_signal_energy_s16_params *p, const int16_t *in, uint32_t *out) {
    const tm_signal_energy_s16_params params = *p; /* out could be an alias of p, this cannot */
    for (int32_t bin = 0; bin < params.bins; ++bin) {
        const int32_t real = in[2 * bin], imaginary = in[2 * bin + 1];
        const uint32_t energy = (uint32_t)(real * real) + (uint32_t)(imaginary * imaginary);
        out[bin] = bin >= params.start && bin < params.end ? energy : 0;
    }
}
