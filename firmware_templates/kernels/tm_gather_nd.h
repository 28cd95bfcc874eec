/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_GATHER_ND_H
#define TM_GATHER_ND_H

#include <stdint.h>

typedef struct {
    int32_t count; /* slices chosen */
    int32_t axes;  /* how many indices choose a slice */
    int32_t run;   /* bytes of a slice */
    int32_t size[5];
    int32_t step[5]; /* bytes from one index to the next */
} tm_gather_nd_params;

/* in (size[0], ... size[axes - 1], run), indices (count, axes), out (count, run).
 * An index outside of its axis stands for the nearest one inside. */
void tm_gather_nd(const tm_gather_nd_params *p, const void *in, const int32_t *indices, void *out);

#endif
