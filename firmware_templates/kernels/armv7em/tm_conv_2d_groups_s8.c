/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_groups_s8.h"

void tm_conv_2d_groups_s8(const tm_conv_2d_groups_s8_params *p, const int8_t *in, int32_t *x,
                          int8_t *out) {
    const tm_packed_layer packed = {p->layer, p->weights, p->channels};
    tm_strips_s8(&packed, p->groups, in, x, out);
}
