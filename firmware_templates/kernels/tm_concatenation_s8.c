/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_concatenation_s8.h"

#include "tm_memory.h"

void tm_concatenation_s8(const tm_concatenation_s8_params *p, const int8_t *in0, const int8_t *in1,
                         const int8_t *in2, const int8_t *in3, const int8_t *in4, const int8_t *in5,
                         const int8_t *in6, const int8_t *in7, const int8_t *in8, const int8_t *in9,
                         int8_t *out) {
    const int8_t *in[] = {in0, in1, in2, in3, in4, in5, in6, in7, in8, in9};
    for (int32_t row = 0; row < p->rows; ++row) {
        for (int32_t i = 0; i < p->inputs; ++i) {
            memcpy(out, in[i], (size_t)p->row_bytes[i]);
            in[i] += p->row_bytes[i];
            out += p->row_bytes[i];
        }
    }
}
