/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_small_taps.h"

void tm_small_taps(const tm_layer *p, const int8_t *in, int32_t place, const int8_t *outside,
                   const int8_t **at) {
    const int32_t row = place / p->out_w, column = place - row * p->out_w;
    int32_t y = row * p->stride_h - p->pad_top;
    for (int32_t tap_y = p->kernel_h; tap_y > 0; --tap_y, y += p->dilation_h) {
        int32_t x = column * p->stride_w - p->pad_left;
        for (int32_t tap_x = p->kernel_w; tap_x > 0; --tap_x, x += p->dilation_w) {
            const int32_t is_inside = (uint32_t)y < p->in_h && (uint32_t)x < p->in_w;
            *at++ = is_inside ? in + (y * p->in_w + x) * p->in_c : outside;
        }
    }
}
