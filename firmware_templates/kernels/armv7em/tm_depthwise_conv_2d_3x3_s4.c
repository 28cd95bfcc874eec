/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_3x3_s4.h"

#include "tm_unpack_fours_s4.h"

void tm_depthwise_conv_2d_3x3_s4(const tm_depthwise_conv_2d_3x3_s4_params *p, const int8_t *in,
                                 int32_t *words, tm_channel *scratch, int8_t *out) {
    tm_packed_layer unpacked = *p;
    tm_unpack_fours_s4(p->weights, (p->layer.in_c + 3) / 4, 9, words);
    unpacked.weights = words;
    tm_depthwise_conv_2d_3x3_s8(&unpacked, in, scratch, out);
}
