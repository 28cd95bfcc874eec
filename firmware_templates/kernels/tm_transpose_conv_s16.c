/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_transpose_conv_s16.h"

#include "tm_rows_s16.h"

void tm_transpose_conv_s16(const tm_transpose_conv_s16_params *p, const int16_t *in,
                           const int32_t *phases, const int8_t *weights, const int64_t *bias,
                           const int32_t *multiplier, const int8_t *shift, int16_t *patch,
                           int16_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w), out_count = w->out_c / 2;
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, (const int8_t *)in, (int8_t *)out);
        const int32_t y = at.y + w->pad_top, x = at.x + w->pad_left;
        const int32_t phase = y % w->stride_h * w->stride_w + x % w->stride_w;
        const int32_t *const taps = phases + 3 * phase;
        const tm_channels_s16 tables = {bias + phase * out_count, multiplier, shift};
        const int32_t length = taps[0] * taps[1] * (w->in_c / 2);
        tm_window met = *w; /* the phase's taps, side by side in the input */
        met.kernel_h = taps[0];
        met.kernel_w = taps[1];
        if (length > 0) {
            tm_gather_patch(&met, at.in, y / w->stride_h - taps[0] + 1,
                            x / w->stride_w - taps[1] + 1, w->in_c, 0, (int8_t *)patch);
        }
        tm_multiply_rows_s16(&p->output, &tables, patch, weights + taps[2], length, out_count,
                             (int16_t *)(void *)at.out);
    }
}
