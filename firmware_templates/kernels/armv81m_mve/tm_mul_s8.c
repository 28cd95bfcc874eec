/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mul_s8.h"

#include "tm_mul_row.h"

void tm_mul_s8(const tm_mul_s8_params *p, const int8_t *left, const int8_t *right, int8_t *out) {
    tm_mul_row(p, left, 1, right, 1, out, (int32_t)p->elements);
}
