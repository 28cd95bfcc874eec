/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DIV_S8_H
#define TM_DIV_S8_H

#include <stdint.h>

typedef struct {
    int32_t left_zero_point;
    int32_t right_zero_point;
    int32_t multiplier, shift;
    int32_t output_zero_point;
    int32_t least;
    int32_t most;
} tm_div_s8_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. */
void tm_div_s8(const tm_div_s8_params *p, const int8_t *left, const int8_t *right,
               const int32_t *plan, int8_t *out);

#endif
