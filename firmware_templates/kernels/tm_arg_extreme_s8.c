/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_arg_extreme_s8.h"

/* The minimum is the maximum with all bits turned over. */
static int32_t place_of_extreme(const tm_arg_extreme_s8_params *p, const int8_t *in) {
    int32_t place = 0, most = *in ^ p->flip;
    for (int32_t i = 1; i < p->length; ++i) {
        in += p->inner;
        const int32_t x = *in ^ p->flip;
        if (x > most) {
            most = x;
            place = i;
        }
    }
    return place;
}

void tm_arg_extreme_s8(const tm_arg_extreme_s8_params *p, const int8_t *in, int32_t *out) {
    for (int32_t i = 0; i < p->outer; ++i) {
        for (int32_t j = 0; j < p->inner; ++j) {
            *out++ = place_of_extreme(p, in + j);
        }
        in += p->length * p->inner;
    }
}
