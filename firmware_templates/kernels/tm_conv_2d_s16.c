/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_s16.h"

#include "tm_rows_s16.h"

void tm_conv_2d_s16(const tm_conv_2d_s16_params *p, const int16_t *in, const int8_t *weights,
                    const int64_t *bias, const int32_t *multiplier, const int8_t *shift,
                    int16_t *patch, int16_t *out) {
    const tm_window *const w = &p->window;
    const tm_channels_s16 tables = {bias, multiplier, shift};
    const int32_t in_bytes = w->in_c / p->groups;
    const int32_t out_bytes = w->out_c / p->groups, out_count = out_bytes / 2;
    const int32_t length = w->kernel_h * w->kernel_w * (in_bytes / 2);
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, (const int8_t *)in, (int8_t *)out);
        const int32_t top = at.y * w->stride_h - w->pad_top;
        const int32_t left = at.x * w->stride_w - w->pad_left;
        for (int32_t group = 0; group < p->groups; ++group) {
            const int32_t first = group * out_count;
            const tm_channels_s16 here = tm_channels_s16_at(&tables, &p->output, first);
            tm_gather_patch(w, at.in + group * in_bytes, top, left, in_bytes, 0, (int8_t *)patch);
            tm_multiply_rows_s16(&p->output, &here, patch, weights + first * length, length,
                                 out_count, (int16_t *)(void *)(at.out + group * out_bytes));
        }
    }
}
