/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MUL_S8_H
#define TM_MUL_S8_H

#include "tm_mul.h"

typedef tm_mul_params tm_mul_s8_params;

/* left (elements), right (elements), out (elements); out may be one of the others. */
void tm_mul_s8(const tm_mul_s8_params *p, const int8_t *left, const int8_t *right, int8_t *out);

#endif
