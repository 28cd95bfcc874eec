/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MUL_S16_H
#define TM_MUL_S16_H

#include <stdint.h>

typedef struct {
    int32_t multiplier, shift;
    int32_t least;
    int32_t most;
} tm_mul_s16_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. */
void tm_mul_s16(const tm_mul_s16_params *p, const int16_t *left, const int16_t *right,
                const int32_t *plan, int16_t *out);

#endif
