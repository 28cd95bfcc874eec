/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_small_s8.h"

#include "tm_fours_channels.h"
#include "tm_memory.h"
#include "tm_small_fours_s8.h"

void tm_depthwise_conv_2d_small_s8(const tm_depthwise_conv_2d_small_s8_params *params,
                                   const int8_t *in, const int8_t **scratch, int8_t *out) {
    const tm_layer *const p = &params->layer;
    const int32_t pixels = p->out_h * p->out_w, taps = p->kernel_h * p->kernel_w;
    const tm_small_loop loop = tm_small_loop_of(p, taps, 0);
    const int32_t count = tm_fours_count(params);
    tm_channel *const channels = (tm_channel *)(scratch + taps);
    int8_t *const outside = (int8_t *)(channels + count);
    const int32_t *const weights = params->weights + count;
    tm_fours_channels(params, channels);
    memset(outside, p->padding, p->in_c);
    for (int32_t done = 0; done < pixels; ++done) {
        const int32_t place = tm_small_place(p, done);
        const tm_small_window window = tm_small_window_at(p, place);
        const int8_t **next = scratch;
        int32_t y = window.top;
        for (int32_t tap_y = p->kernel_h; tap_y > 0; --tap_y, y += p->dilation_h) {
            int32_t x = window.left;
            for (int32_t tap_x = p->kernel_w; tap_x > 0; --tap_x, x += p->dilation_w) {
                *next++ = tm_small_input(p, in, y, x, outside);
            }
        }
        tm_small_fours_s8(&loop, scratch, weights, channels, out + place * p->out_c);
    }
}
