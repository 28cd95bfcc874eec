/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_LAYER_WINDOW_H
#define TM_LAYER_WINDOW_H

#include "tm_layer.h"
#include "tm_window.h"

/* The layer's window as other kernels have it. */
void tm_layer_window(const tm_layer *p, tm_window *w);

#endif
