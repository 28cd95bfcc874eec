/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MEAN_SMALL_S8_H
#define TM_MEAN_SMALL_S8_H

#include <stdint.h>

/* One axis that stays and one that goes, of 1 or more. Steps are the distances in the input. */
typedef struct {
    int32_t kept, kept_step;
    int32_t gone, gone_step;
    int32_t start; /* less the input's zero point for each element of a sum */
    int32_t multiplier, shift;
    int32_t zero_point;
} tm_mean_small_s8_params;

/* in (kept and gone in the order of their steps), out (kept). The same as tm_mean_s8 in little
 * code. */
void tm_mean_small_s8(const tm_mean_small_s8_params *p, const int8_t *in, int8_t *out);

#endif
