/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_layer_window.h"

#include "tm_little.h"

TM_LITTLE void tm_layer_window(const tm_layer *p, tm_window *w) {
    w->batches = p->batches;
    w->in_h = p->in_h;
    w->in_w = p->in_w;
    w->in_c = p->in_c;
    w->out_h = p->out_h;
    w->out_w = p->out_w;
    w->out_c = p->out_c;
    w->kernel_h = p->kernel_h;
    w->kernel_w = p->kernel_w;
    w->stride_h = p->stride_h;
    w->stride_w = p->stride_w;
    w->dilation_h = p->dilation_h;
    w->dilation_w = p->dilation_w;
    w->pad_top = p->pad_top;
    w->pad_left = p->pad_left;
    w->from_end = p->from_end;
}
