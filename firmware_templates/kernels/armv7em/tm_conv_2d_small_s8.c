/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_conv_2d_small_s8.h"

#include "tm_layer_channels.h"
#include "tm_small_tile_s8.h"

/* Puts count inputs less padding, or count times the first one where from_step is 0, into every
 * second word. */
static int16_t *spread(const int8_t *from, int32_t from_step, int32_t count, int32_t padding,
                       int16_t *to) {
    for (; count > 0; --count, from += from_step) {
        *to = (int16_t)(*from - padding);
        to += (uintptr_t)to & 2 ? 3 : 1; /* to the word's other half, or to the next word */
    }
    return to;
}

/* Puts the inputs of the pixel at place into every second word from to on, and zeros up to an even
 * number of words. */
static void gather(const tm_layer *p, const int8_t *in, int32_t place, int16_t *to) {
    const tm_small_window at = tm_small_window_at(p, place);
    int32_t y = at.top;
    for (int32_t tap_y = p->kernel_h; tap_y > 0; --tap_y, y += p->dilation_h) {
        int32_t x = at.left;
        for (int32_t tap_x = p->kernel_w; tap_x > 0; --tap_x, x += p->dilation_w) {
            const int8_t *const from = tm_small_input(p, in, y, x, &p->padding);
            to = spread(from, from != &p->padding, p->in_c, p->padding, to);
        }
    }
    spread(&p->padding, 0, -(p->kernel_h * p->kernel_w * p->in_c) & 3, p->padding, to);
}

void tm_conv_2d_small_s8(const tm_conv_2d_small_s8_params *params, const int8_t *in,
                         tm_channel *scratch, int8_t *out) {
    const tm_layer *const p = &params->layer;
    const int32_t pixels = p->out_h * p->out_w, inputs = p->kernel_h * p->kernel_w * p->in_c;
    const int32_t channels = (p->out_c + 3) & ~3;
    int16_t *const x = (int16_t *)(scratch + channels);
    tm_small_loop loop =
        tm_small_loop_of(p, (inputs + 3) / 4 * 2, p->from_end ? -p->out_c : p->out_c);
    const int32_t *const weights = params->weights + channels;
    tm_layer_channels(params, channels, scratch);
    for (int32_t done = 0; done < pixels; done += 2) {
        const int32_t place = tm_small_place(p, done);
        int32_t other = tm_small_place(p, done + 1);
        if (done + 1 == pixels) {
            other = place;
            loop.out_step = 0;
        }
        gather(p, in, place, x);
        gather(p, in, other, x + 2);
        tm_small_tile_s8(&loop, x, weights, scratch, out + place * p->out_c);
    }
}
