/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_COPY_STRIDED_H
#define TM_COPY_STRIDED_H

#include <stdint.h>

/* Everything in bytes but axes and size. The innermost axis comes first; steps are from one run to
 * the next along an axis, and may be 0 or negative. */
typedef struct {
    int32_t run; /* what stands side by side in both */
    int32_t axes;
    int32_t in_start, out_start;
    int32_t size[5], in_step[5], out_step[5];
} tm_copy_strided_params;

/* in and out are grids of runs, (size[axes - 1], ... size[0], run), apart from each other. */
void tm_copy_strided(const tm_copy_strided_params *p, const void *in, void *out);

#endif
