/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESIZE_NEAREST_NEIGHBOR_H
#define TM_RESIZE_NEAREST_NEIGHBOR_H

#include <stdint.h>

typedef struct {
    int32_t batches;
    int32_t in_h, in_w;
    int32_t out_h, out_w;
    int32_t run; /* bytes of a pixel */
} tm_resize_nearest_neighbor_params;

/* in (batches, in_h, in_w, run), rows (out_h), columns (out_w): where each comes from,
 * out (batches, out_h, out_w, run) */
void tm_resize_nearest_neighbor(const tm_resize_nearest_neighbor_params *p, const void *in,
                                const uint16_t *rows, const uint16_t *columns, void *out);

#endif
