/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ADD_S8_H
#define TM_ADD_S8_H

#include "tm_add.h"

typedef tm_add_params tm_add_s8_params;

/* big (elements), small (elements), out (elements); out may be one of the others. */
void tm_add_s8(const tm_add_s8_params *p, const int8_t *big, const int8_t *small, int8_t *out);

#endif
