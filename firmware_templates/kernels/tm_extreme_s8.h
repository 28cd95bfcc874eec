/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_EXTREME_S8_H
#define TM_EXTREME_S8_H

#include <stdint.h>

typedef struct {
    int32_t flip; /* 0 for the maximum, -1 for the minimum */
} tm_extreme_s8_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. */
void tm_extreme_s8(const tm_extreme_s8_params *p, const int8_t *left, const int8_t *right,
                   const int32_t *plan, int8_t *out);

#endif
