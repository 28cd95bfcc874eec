/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_small_s8.h"

#include "tm_layer_channels.h"
#include "tm_memory.h"
#include "tm_small_taps.h"
#include "tm_small_tile_s8.h"

/* Puts the inputs of a pixel's taps less padding into every second word from to on, and a zero
 * where they are an odd number. */
static void gather(const tm_layer *p, const int8_t *const *at, int32_t taps, int16_t *to) {
    int32_t step = 1; /* to the word's other half, or 3 to the next word */
    for (; taps > 0; --taps) {
        const int8_t *from = *at++;
        for (int32_t left = p->in_c; left > 0; --left, to += step, step = 4 - step) {
            *to = (int16_t)(*from++ - p->padding);
        }
    }
    if (step != 1) {
        *to = 0;
    }
}

void tm_conv_2d_small_s8(const tm_conv_2d_small_s8_params *params, const int8_t *in, int16_t *x,
                         int8_t *out) {
    const tm_layer *const p = &params->layer;
    const int32_t pixels = p->out_h * p->out_w, taps = p->kernel_h * p->kernel_w;
    const int32_t count = (p->out_c + 1) & ~1, words = (taps * p->in_c + 1) / 2;
    int32_t step = p->from_end ? -1 : 1, place = p->from_end ? pixels - 1 : 0;
    tm_small_loop loop = tm_small_loop_of(p, words, step * p->out_c);
    const int8_t **const at = (const int8_t **)(x + 4 * words);
    int8_t *const outside = (int8_t *)(at + taps);
    tm_channel *const room = (tm_channel *)(void *)(outside + ((p->in_c + 3) & ~3));
    const tm_channel *const channels = tm_layer_channels(params, count, room);
    memset(outside, p->padding, p->in_c);
    for (int32_t left = pixels; left > 0; left -= 2, place += 2 * step) {
        if (left == 1) {
            step = loop.out_step = 0;
        }
        for (int32_t i = 0; i < 2; ++i) {
            tm_small_taps(p, in, place + i * step, outside, at);
            gather(p, at, taps, x + 2 * i);
        }
        tm_small_tile_s8(&loop, x, params->weights, channels, out + place * p->out_c);
    }
}
