/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mul_broadcast_s8.h"

#include "tm_broadcast.h"

void tm_mul_broadcast_s8(const tm_mul_broadcast_s8_params *p, const int8_t *left,
                         const int8_t *right, const int32_t *plan, int8_t *out) {
    const tm_mul_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *x = left + row.left, *y = right + row.right;
        for (const int8_t *const end = out + length; out < end;) {
            *out++ = tm_mul(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
