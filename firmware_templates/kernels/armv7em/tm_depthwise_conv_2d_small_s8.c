/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_small_s8.h"

#include "tm_layer_channels.h"
#include "tm_memory.h"
#include "tm_small_fours_s8.h"
#include "tm_small_taps.h"

void tm_depthwise_conv_2d_small_s8(const tm_depthwise_conv_2d_small_s8_params *params,
                                   const int8_t *in, const int8_t **scratch, int8_t *out) {
    const tm_layer *const p = &params->layer;
    const int32_t pixels = p->out_h * p->out_w, taps = p->kernel_h * p->kernel_w;
    const tm_small_loop loop = tm_small_loop_of(p, taps, 0);
    const int32_t count = (p->in_c + 3) & ~3;
    int8_t *const outside = (int8_t *)(scratch + taps);
    const tm_channel *const channels =
        tm_layer_channels(params, count, (tm_channel *)(void *)(outside + count));
    memset(outside, p->padding, p->in_c);
    for (int32_t left = pixels; left > 0; --left) {
        const int32_t place = p->from_end ? left - 1 : pixels - left;
        tm_small_taps(p, in, place, outside, scratch);
        tm_small_fours_s8(&loop, scratch, params->weights, channels, out + place * p->out_c);
    }
}
