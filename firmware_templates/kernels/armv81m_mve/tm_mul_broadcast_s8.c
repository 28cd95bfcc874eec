/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mul_broadcast_s8.h"

#include "tm_broadcast.h"
#include "tm_mul_row.h"

void tm_mul_broadcast_s8(const tm_mul_broadcast_s8_params *p, const int8_t *left,
                         const int8_t *right, const int32_t *plan, int8_t *out) {
    const int32_t length = plan[1];
    const tm_mul_params params = *p; /* out could be an alias of p, this cannot */
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        tm_mul_row(&params, left + row.left, plan[2], right + row.right, plan[3], out, length);
        out += length;
    } while (tm_broadcast_next(&row));
}
