/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_LOGICAL_H
#define TM_LOGICAL_H

#include <stdint.h>

typedef struct {
    int32_t truth; /* bit 0: the result for neither, 1: only right, 2: only left, 3: both */
} tm_logical_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h; out: 0 or 1. */
void tm_logical(const tm_logical_params *p, const uint8_t *left, const uint8_t *right,
                const int32_t *plan, uint8_t *out);

#endif
