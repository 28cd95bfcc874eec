/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_COMPARE_S8_H
#define TM_COMPARE_S8_H

#include <stdint.h>

typedef struct {
    int32_t truth; /* bit 0: where left is less, bit 1: equal, bit 2: greater */
    int32_t left_zero_point, left_multiplier, left_shift;
    int32_t right_zero_point, right_multiplier, right_shift;
} tm_compare_s8_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h; out: 0 or 1. */
void tm_compare_s8(const tm_compare_s8_params *p, const int8_t *left, const int8_t *right,
                   const int32_t *plan, uint8_t *out);

#endif
