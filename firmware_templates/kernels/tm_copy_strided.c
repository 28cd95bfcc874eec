/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_copy_strided.h"

#include <stdbool.h>

#include "tm_memory.h"

typedef struct {
    int32_t from, to;
    int32_t done[5]; /* of each axis but the innermost */
} walk;

static void copy_row(const tm_copy_strided_params *p, const uint8_t *in, uint8_t *out,
                     const walk *at) {
    const int32_t in_step = p->in_step[0];
    const int32_t out_step = p->out_step[0];
    const int32_t size = p->size[0];
    const size_t run = (size_t)p->run;
    int32_t from = at->from;
    int32_t to = at->to;
    if (run == 1) { /* without the cost of a call */
        for (int32_t i = 0; i < size; ++i, from += in_step, to += out_step) {
            out[to] = in[from];
        }
        return;
    }
    for (int32_t i = 0; i < size; ++i, from += in_step, to += out_step) {
        memcpy(out + to, in + from, run);
    }
}

/* Goes on to the next row; false if there is none. */
static bool next_row(const tm_copy_strided_params *p, walk *at) {
    for (int32_t axis = 1; axis < p->axes; ++axis) {
        at->from += p->in_step[axis];
        at->to += p->out_step[axis];
        if (++at->done[axis] < p->size[axis]) {
            return true;
        }
        at->done[axis] = 0;
        at->from -= p->in_step[axis] * p->size[axis];
        at->to -= p->out_step[axis] * p->size[axis];
    }
    return false;
}

void tm_copy_strided(const tm_copy_strided_params *p, const void *in, void *out) {
    walk at = {p->in_start, p->out_start, {0}};
    do {
        copy_row(p, in, out, &at);
    } while (next_row(p, &at));
}
