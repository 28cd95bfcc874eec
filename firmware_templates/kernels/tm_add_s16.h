/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ADD_S16_H
#define TM_ADD_S16_H

#include <stdint.h>

typedef struct {
    int32_t left_multiplier, left_shift;   /* to steps of twice the larger scale / 2^15 */
    int32_t right_multiplier, right_shift; /* as left's */
    int32_t right_factor;                  /* 1, or -1 to take right away */
    int32_t multiplier, shift;             /* of the sum */
    int32_t least;
    int32_t most;
} tm_add_s16_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. */
void tm_add_s16(const tm_add_s16_params *p, const int16_t *left, const int16_t *right,
                const int32_t *plan, int16_t *out);

#endif
