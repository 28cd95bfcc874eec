/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sigmoid_s16.h"

#include "tm_sigmoid_table.h"

void tm_sigmoid_s16(const tm_sigmoid_s16_params *p, const int16_t *in, const uint16_t *table,
                    int16_t *out) {
    const tm_sigmoid_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t half = params.shift > 0 ? (int32_t)1 << (params.shift - 1) : 0;
    for (uint32_t i = 0; i < params.elements; ++i) {
        const int32_t x = (in[i] * params.multiplier + half) >> params.shift;
        out[i] = (int16_t)(params.is_tanh ? tm_tanh(table, x) : tm_sigmoid(table, x));
    }
}
