/* SPDX-License-Identifier: Apache-2.0
 *
 * The pools of a layer one after the other, in tm_pixel's order, without a division for each. */
#ifndef TM_POOL_WALK_H
#define TM_POOL_WALK_H

#include "tm_window.h"

typedef struct {
    const tm_window *w;
    int32_t step; /* 1, or -1 from the end */
    tm_pixel at;
} tm_pool_walk;

static inline tm_pool_walk tm_first_pool(const tm_window *w, const int8_t *in, int8_t *out) {
    const tm_pool_walk walk = {w, w->from_end ? -1 : 1, tm_pixel_after(w, 0, in, out)};
    return walk;
}

static inline void tm_next_pool(tm_pool_walk *walk) {
    const tm_window *const w = walk->w;
    const int32_t step = walk->step;
    tm_pixel *const at = &walk->at;
    at->out += step * w->out_c;
    at->x += step;
    if ((uint32_t)at->x < (uint32_t)w->out_w) {
        return;
    }
    at->x -= step * w->out_w;
    at->y += step;
    if ((uint32_t)at->y >= (uint32_t)w->out_h) {
        at->y -= step * w->out_h;
        at->in += step * w->in_h * w->in_w * w->in_c;
    }
}

#endif
