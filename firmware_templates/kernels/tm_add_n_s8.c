/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_add_n_s8.h"

#include "tm_requantize.h"

void tm_add_n_s8(const tm_add_n_s8_params *p, const int8_t *in0, const int8_t *in1,
                 const int8_t *in2, const int8_t *in3, const int8_t *in4, const int8_t *in5,
                 const int8_t *in6, const int8_t *in7, const int8_t *in8, const int8_t *in9,
                 int8_t *out) {
    const int8_t *const in[] = {in0, in1, in2, in3, in4, in5, in6, in7, in8, in9};
    for (int32_t i = 0; i < p->elements; ++i) {
        int32_t sum = 0;
        for (int32_t j = 0; j < p->inputs; ++j) {
            sum += in[j][i];
        }
        const int32_t y = tm_requantize(sum * (1 << 19), p->multiplier, p->shift);
        out[i] = (int8_t)tm_clamp(y + p->output_zero_point, -128, 127);
    }
}
