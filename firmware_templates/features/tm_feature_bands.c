/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_bands.h"

#include "tm_feature_log2.h"

/* The two halves of the powers are summed apart: a weight has 13 bits, the upper half of a power 15
 * and that of the sum 28. */
static uint64_t energy_of(const tm_feature_bin *bins, const int16_t *weights, int32_t count) {
    uint64_t low = 0;
    uint32_t high = 0;
    for (int32_t i = 0; i < count; i++) {
        const uint32_t weight = (uint32_t)weights[i];
        low += (uint64_t)weight * (uint32_t)bins[i].power;
        high += weight * (uint32_t)(bins[i].power >> 32);
    }
    return low + ((uint64_t)high << 32);
}

void tm_feature_bands(const tm_feature_params *p, const tm_feature_bin *bins, int16_t *levels) {
    const int32_t middle = 32 << 8;
    const int16_t *weights = p->mel;
    for (int32_t band = 0; band < p->bands; band++) {
        const uint64_t energy = energy_of(bins + p->first[band], weights, p->count[band]);
        levels[band] = (int16_t)(tm_feature_log2(energy != 0u ? energy : 1u) - middle);
        weights += p->count[band];
    }
}
