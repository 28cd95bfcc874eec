/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MUL_BROADCAST_S8_H
#define TM_MUL_BROADCAST_S8_H

#include "tm_mul.h"

typedef tm_mul_params tm_mul_broadcast_s8_params;

/* left, right: any shapes that broadcast to out's (elements); plan: see tm_broadcast.h. */
void tm_mul_broadcast_s8(const tm_mul_broadcast_s8_params *p, const int8_t *left,
                         const int8_t *right, const int32_t *plan, int8_t *out);

#endif
