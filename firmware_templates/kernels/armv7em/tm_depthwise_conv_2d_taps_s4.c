/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_taps_s4.h"

#include "tm_fours_channels.h"
#include "tm_unpack_fours_s4.h"

void tm_depthwise_conv_2d_taps_s4(const tm_depthwise_conv_2d_taps_s4_params *p, const int8_t *in,
                                  int32_t *words, const int8_t **scratch, int8_t *out) {
    tm_packed_layer unpacked = *p;
    const int32_t count = tm_fours_count(p), before = tm_packed_count(p, count);
    const int32_t taps = p->layer.kernel_h * p->layer.kernel_w;
    tm_unpack_fours_s4(p->weights - before, before, count / 4 * taps, words);
    unpacked.weights = words + before;
    tm_depthwise_conv_2d_taps_s8(&unpacked, in, scratch, out);
}
