/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_l2_normalization_s8.h"

#include "tm_inverse_sqrt.h"
#include "tm_requantize.h"

#define OUTPUT_BITS 7

void tm_l2_normalization_s8(const tm_l2_normalization_s8_params *p, const int8_t *in, int8_t *out) {
    const int32_t depth = p->depth, zero_point = p->zero_point;
    for (int32_t row = p->rows; row > 0; --row) {
        int32_t squares = 0;
        for (int32_t i = 0; i < depth; ++i) {
            const int32_t x = in[i] - zero_point;
            squares += x * x;
        }
        const tm_inverse_sqrt_result norm = tm_inverse_sqrt(squares);
        for (int32_t i = 0; i < depth; ++i) {
            const int32_t x = in[i] - zero_point;
            const int32_t y = tm_requantize(x, norm.multiplier, OUTPUT_BITS - norm.right);
            out[i] = (int8_t)tm_clamp(y, -128, 127);
        }
        in += depth;
        out += depth;
    }
}
