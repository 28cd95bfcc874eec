/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_taps_s4.h"

#include "tm_unpack_fours_s4.h"

void tm_depthwise_conv_2d_taps_s4(const tm_depthwise_conv_2d_taps_s4_params *p, const int8_t *in,
                                  const uint8_t *packed, const uint8_t *scales, int32_t *words,
                                  const int8_t **at, int8_t *outside, int8_t *out) {
    tm_unpack_fours_s4(packed, (p->window.in_c + 3) / 4, p->fours.taps, words);
    tm_depthwise_conv_2d_taps_s8(p, in, words, scales, at, outside, out);
}
