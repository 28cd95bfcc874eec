/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ADD_BROADCAST_S8_H
#define TM_ADD_BROADCAST_S8_H

#include "tm_add.h"

typedef tm_add_params tm_add_broadcast_s8_params;

/* big, small: any shapes that broadcast to out's (elements); plan: see tm_broadcast.h, big is left.
 */
void tm_add_broadcast_s8(const tm_add_broadcast_s8_params *p, const int8_t *big,
                         const int8_t *small, const int32_t *plan, int8_t *out);

#endif
