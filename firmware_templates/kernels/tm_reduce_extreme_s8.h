/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_REDUCE_EXTREME_S8_H
#define TM_REDUCE_EXTREME_S8_H

#include <stdint.h>

/* Axes that stay and axes that go, outermost first; a size of 1 fills up what is not needed. Steps
 * are the distances in the input. */
typedef struct {
    int32_t kept[3], kept_step[3];
    int32_t gone[3], gone_step[3];
    int32_t flip; /* 0 for the maximum, -1 for the minimum */
} tm_reduce_extreme_s8_params;

/* in (kept and gone axes in the order of their steps), out (kept[0], kept[1], kept[2]) */
void tm_reduce_extreme_s8(const tm_reduce_extreme_s8_params *p, const int8_t *in, int8_t *out);

#endif
