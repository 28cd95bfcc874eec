/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_NEXT_PIXEL_H
#define TM_NEXT_PIXEL_H

#include "tm_window.h"

/* Moves to the pixel that comes next in tm_pixel's order, without its divisions, which are calls on
 * a core that cannot divide. */
static inline void tm_next_pixel(const tm_window *w, tm_pixel *at) {
    const int32_t step = w->from_end ? -1 : 1;
    const int32_t last_x = w->from_end ? 0 : w->out_w - 1, last_y = w->from_end ? 0 : w->out_h - 1;
    at->out += step * w->out_c;
    if (at->x != last_x) {
        at->x += step;
        return;
    }
    at->x = w->out_w - 1 - last_x;
    if (at->y != last_y) {
        at->y += step;
        return;
    }
    at->y = w->out_h - 1 - last_y;
    at->in += step * w->in_h * w->in_w * w->in_c;
}

#endif
