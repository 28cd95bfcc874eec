/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_EXTREME_S16_H
#define TM_EXTREME_S16_H

#include <stdint.h>

typedef struct {
    int32_t flip; /* 0 for the maximum, -1 for the minimum */
} tm_extreme_s16_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. */
void tm_extreme_s16(const tm_extreme_s16_params *p, const int16_t *left, const int16_t *right,
                    const int32_t *plan, int16_t *out);

#endif
