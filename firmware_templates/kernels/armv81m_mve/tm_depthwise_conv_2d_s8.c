/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_depthwise_conv_2d_s8.h"

#include "tm_depthwise_sixteen.h"

void tm_depthwise_conv_2d_s8(const tm_depthwise_conv_2d_s8_params *p, const int8_t *in,
                             const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *shift, int8_t *out) {
    const tm_window *const w = &p->window;
    const tm_channels tables = {bias, multiplier, shift};
    const tm_depthwise d = tm_depthwise_of(&p->output, &tables, w->in_c, p->padding, 8);
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, in, out);
        const tm_taps t = tm_taps_at(w, at.in, at.y, at.x);
        tm_depthwise_pixel(&d, &t, weights, 8, at.out);
    }
}
