/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESIZE_BILINEAR_S8_H
#define TM_RESIZE_BILINEAR_S8_H

#include <stdint.h>

/* Places in the input are in 1/1024 pixels: pixel i of the output is at start + i * step. */
typedef struct {
    int32_t batches, channels;
    int32_t in_h, in_w;
    int32_t out_h, out_w;
    int32_t start_y, step_y;
    int32_t start_x, step_x;
} tm_resize_bilinear_s8_params;

/* in (batches, in_h, in_w, channels), out (batches, out_h, out_w, channels) */
void tm_resize_bilinear_s8(const tm_resize_bilinear_s8_params *p, const int8_t *in, int8_t *out);

#endif
