/* SPDX-License-Identifier: Apache-2.0 */
#ifdef __GNUC__
#define TM_HIGH_MUL __attribute__((cold, noinline))
#endif

#include "tm_softmax_small_s8.h"

#include "tm_exp.h"
#include "tm_little.h"
#include "tm_softmax.h"

#ifdef __GNUC__
__attribute__((cold, noinline)) /* once, and small rather than fast, at -O2 too */
#endif
static int32_t
exp_of(const tm_softmax_small_s8_params *p, int32_t difference) {
    if ((uint32_t)difference >= p->entries) {
        return 0;
    }
    return tm_exp_q5(tm_high_mul(tm_shift_left(-difference, p->shift), p->multiplier));
}

TM_LITTLE void tm_softmax_small_s8(const tm_softmax_small_s8_params *p, const int8_t *in,
                                   int8_t *out) {
    for (uint32_t row = 0; row < p->rows; ++row) {
        const int32_t most = tm_softmax_most(in, p->depth);
        uint32_t sum = 0;
        for (uint32_t i = 0; i < p->depth; ++i) {
            sum += tm_softmax_term(exp_of(p, most - in[i]));
        }
        const tm_softmax_row r = tm_softmax_row_of(most, sum);
        for (uint32_t i = 0; i < p->depth; ++i) {
            const int32_t share = tm_softmax_share(&r, exp_of(p, most - in[i]), 8);
            out[i] = (int8_t)(share > 255 ? 127 : share - 128);
        }
        in += p->depth;
        out += p->depth;
    }
}
