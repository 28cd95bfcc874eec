/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_add_s8.h"

#include "tm_add_row.h"

void tm_add_s8(const tm_add_s8_params *p, const int8_t *big, const int8_t *small, int8_t *out) {
    tm_add_row(p, big, 1, small, 1, out, (int32_t)p->elements);
}
