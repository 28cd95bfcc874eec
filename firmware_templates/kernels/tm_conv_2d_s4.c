/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_s4.h"

#include "tm_rows_s4.h"

void tm_conv_2d_s4(const tm_conv_2d_s4_params *p, const int8_t *in, const int8_t *weights,
                   const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                   int8_t *patch, int8_t *out) {
    const tm_window *const w = &p->window;
    const tm_channels tables = {bias, multiplier, shift};
    const int32_t in_count = w->in_c / p->groups;
    const int32_t out_count = w->out_c / p->groups;
    const int32_t length = w->kernel_h * w->kernel_w * in_count;
    const int32_t bytes = tm_row_bytes_s4(length);
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, in, out);
        const int32_t top = at.y * w->stride_h - w->pad_top;
        const int32_t left = at.x * w->stride_w - w->pad_left;
        for (int32_t group = 0; group < p->groups; ++group) {
            const int32_t first = group * out_count;
            const tm_channels here = tm_channels_at(&tables, &p->output, first);
            tm_gather_patch(w, at.in + group * in_count, top, left, in_count, (int8_t)p->padding,
                            patch);
            tm_multiply_rows_s4(&p->output, &here, 0, patch, weights + first * bytes, length,
                                out_count, at.out + first);
        }
    }
}
