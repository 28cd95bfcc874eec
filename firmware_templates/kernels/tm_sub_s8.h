/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SUB_S8_H
#define TM_SUB_S8_H

#include <stdint.h>

typedef struct {
    int32_t big_zero_point;
    int32_t big_factor; /* 2^19, or -2^19 where big is what is taken away */
    int32_t small_zero_point;
    int32_t small_factor;     /* 1 or -1 */
    int32_t small_multiplier; /* small's scale / (2 * big's) */
    int32_t small_shift;      /* 0 to 31, to the right */
    int32_t output_multiplier;
    int32_t output_shift; /* 1 to 31, to the right */
    int32_t output_zero_point;
    int32_t least;
    int32_t most;
} tm_sub_s8_params;

/* big, small: any shapes that broadcast to out's; plan: see tm_broadcast.h, big is left. big has
 * the larger scale. */
void tm_sub_s8(const tm_sub_s8_params *p, const int8_t *big, const int8_t *small,
               const int32_t *plan, int8_t *out);

#endif
