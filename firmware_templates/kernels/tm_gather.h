/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_GATHER_H
#define TM_GATHER_H

#include <stdint.h>

typedef struct {
    int32_t batches, outer;
    int32_t axis;  /* places to choose from */
    int32_t count; /* places chosen */
    int32_t run;   /* bytes of a place */
} tm_gather_params;

/* in (batches, outer, axis, run), indices (batches, count), out (batches, outer, count, run).
 * An index outside of axis stands for the nearest place. */
void tm_gather(const tm_gather_params *p, const void *in, const int32_t *indices, void *out);

#endif
