/* SPDX-License-Identifier: Apache-2.0
 *
 * What kernels with little code share. They take layers of one batch. */
#ifndef TM_SMALL_H
#define TM_SMALL_H

#include "tm_layer.h"

/* What the loops in assembly take. */
typedef struct {
    int32_t length;    /* words of inputs of a pixel, or taps */
    int32_t out_count; /* output channels */
    int32_t rounding;  /* 2 * zero_point + 1 of the output */
    int32_t out_step;  /* from a pixel's outputs to those of the next */
    int32_t added;     /* to each two inputs: less their zero point */
} tm_small_loop;

static inline tm_small_loop tm_small_loop_of(const tm_layer *p, int32_t length, int32_t out_step) {
    const tm_small_loop loop = {length, p->out_c, 2 * p->zero_point + 1, out_step,
                                (int32_t)((uint32_t)(-p->padding & 0xFFFF) * 0x10001)};
    return loop;
}

#endif
