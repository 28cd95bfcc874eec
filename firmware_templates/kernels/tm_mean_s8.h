/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MEAN_S8_H
#define TM_MEAN_S8_H

#include <stdint.h>

/* Axes that stay and axes that go, outermost first; a size of 1 fills up what is not needed. Steps
 * are the distances in the input. */
typedef struct {
    int32_t kept[3], kept_step[3];
    int32_t gone[3], gone_step[3];
    int32_t start; /* less the input's zero point for each element of a sum */
    int32_t multiplier, shift;
    int32_t zero_point;
} tm_mean_s8_params;

/* in (kept and gone axes in the order of their steps), out (kept[0], kept[1], kept[2]) */
void tm_mean_s8(const tm_mean_s8_params *p, const int8_t *in, int8_t *out);

#endif
