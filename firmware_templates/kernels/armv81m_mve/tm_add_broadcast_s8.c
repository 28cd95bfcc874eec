/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_add_broadcast_s8.h"

#include "tm_add_row.h"
#include "tm_broadcast.h"

void tm_add_broadcast_s8(const tm_add_broadcast_s8_params *p, const int8_t *big,
                         const int8_t *small, const int32_t *plan, int8_t *out) {
    const int32_t length = plan[1];
    const tm_add_params params = *p; /* out could be an alias of p, this cannot */
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        tm_add_row(&params, big + row.left, plan[2], small + row.right, plan[3], out, length);
        out += length;
    } while (tm_broadcast_next(&row));
}
