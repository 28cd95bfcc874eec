/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_logical.h"

#include "tm_broadcast.h"

static uint8_t look_up(tm_logical_params p, uint8_t left, uint8_t right) {
    const int32_t both = (left != 0) * 2 + (right != 0);
    return (uint8_t)((p.truth >> both) & 1);
}

void tm_logical(const tm_logical_params *p, const uint8_t *left, const uint8_t *right,
                const int32_t *plan, uint8_t *out) {
    const tm_logical_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const uint8_t *x = left + row.left, *y = right + row.right;
        for (const uint8_t *const end = out + length; out < end;) {
            *out++ = look_up(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
