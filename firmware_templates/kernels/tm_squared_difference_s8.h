/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SQUARED_DIFFERENCE_S8_H
#define TM_SQUARED_DIFFERENCE_S8_H

#include <stdint.h>

typedef struct {
    int32_t left_zero_point, left_multiplier, left_shift;
    int32_t right_zero_point, right_multiplier, right_shift;
    int32_t multiplier, shift; /* of the square */
    int32_t output_zero_point;
} tm_squared_difference_s8_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. */
void tm_squared_difference_s8(const tm_squared_difference_s8_params *p, const int8_t *left,
                              const int8_t *right, const int32_t *plan, int8_t *out);

#endif
