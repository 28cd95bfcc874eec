/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_narrow_s8.h"

void tm_conv_2d_narrow_s8(const tm_conv_2d_narrow_s8_params *p, const int8_t *in, int32_t *x,
                          int8_t *out) {
    tm_strips_s8(p, 1, in, x, out);
}
