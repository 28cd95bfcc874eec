/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixels of an output one after the other, without divisions. */
#ifndef TM_TURN_H
#define TM_TURN_H

#include "tm_little.h"
#include "tm_window.h"

/* A pixel of the output whose turn it is. */
typedef struct {
    int32_t y, x;
    const int8_t *in; /* the batch's input */
} tm_turn;

/* The next one in tm_pixel's order; step is 1, or -1 from the end. */
static TM_LITTLE void tm_next_turn(const tm_window *w, int32_t step, tm_turn *t) {
    t->x += step;
    if ((uint32_t)t->x < (uint32_t)w->out_w) {
        return;
    }
    t->x -= step * w->out_w;
    t->y += step;
    if ((uint32_t)t->y >= (uint32_t)w->out_h) {
        t->y -= step * w->out_h;
        t->in += step * w->in_h * w->in_w * w->in_c;
    }
}

#endif
