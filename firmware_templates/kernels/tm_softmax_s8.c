/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_softmax_s8.h"

#include "tm_softmax.h"

void tm_softmax_s8(const tm_softmax_s8_params *p, const int8_t *in, const int32_t *exp,
                   int8_t *out) {
    for (uint32_t row = 0; row < p->rows; ++row) {
        const tm_softmax_row r = tm_softmax_look(in, p->depth, exp, p->entries);
        for (uint32_t i = 0; i < p->depth; ++i) {
            const int32_t e = tm_softmax_exp(r.most - in[i], exp, p->entries);
            const int32_t share = tm_softmax_share(&r, e, 8);
            out[i] = (int8_t)(share > 255 ? 127 : share - 128);
        }
        in += p->depth;
        out += p->depth;
    }
}
