/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SQUARED_DIFFERENCE_S16_H
#define TM_SQUARED_DIFFERENCE_S16_H

#include <stdint.h>

typedef struct {
    int32_t left_multiplier, left_shift;
    int32_t right_multiplier, right_shift;
    int32_t multiplier, shift; /* of the square */
} tm_squared_difference_s16_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. */
void tm_squared_difference_s16(const tm_squared_difference_s16_params *p, const int16_t *left,
                               const int16_t *right, const int32_t *plan, int16_t *out);

#endif
