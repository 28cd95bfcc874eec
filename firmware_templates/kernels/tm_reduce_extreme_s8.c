/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_reduce_extreme_s8.h"

/* The minimum is the maximum with all bits turned over. */
static int8_t extreme_at(const tm_reduce_extreme_s8_params *p, const int8_t *in) {
    int32_t most = INT8_MIN;
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            const int8_t *from = in + i * p->gone_step[0] + j * p->gone_step[1];
            for (int32_t k = p->gone[2]; k > 0; --k) {
                const int32_t x = *from ^ p->flip;
                most = x > most ? x : most;
                from += p->gone_step[2];
            }
        }
    }
    return (int8_t)(most ^ p->flip);
}

void tm_reduce_extreme_s8(const tm_reduce_extreme_s8_params *p, const int8_t *in, int8_t *out) {
    for (int32_t i = 0; i < p->kept[0]; ++i) {
        for (int32_t j = 0; j < p->kept[1]; ++j) {
            const int8_t *from = in + i * p->kept_step[0] + j * p->kept_step[1];
            for (int32_t k = 0; k < p->kept[2]; ++k) {
                *out++ = extreme_at(p, from);
                from += p->kept_step[2];
            }
        }
    }
}
