/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_COMPARE_S32_H
#define TM_COMPARE_S32_H

#include <stdint.h>

typedef struct {
    int32_t truth; /* bit 0: where left is less, bit 1: equal, bit 2: greater */
} tm_compare_s32_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h; out: 0 or 1. */
void tm_compare_s32(const tm_compare_s32_params *p, const int32_t *left, const int32_t *right,
                    const int32_t *plan, uint8_t *out);

#endif
