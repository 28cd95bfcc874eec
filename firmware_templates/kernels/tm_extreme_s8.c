/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_extreme_s8.h"

#include "tm_broadcast.h"

/* The minimum is the maximum with all bits turned over. */
static int8_t extreme(tm_extreme_s8_params p, int32_t x, int32_t y) {
    x ^= p.flip;
    y ^= p.flip;
    return (int8_t)((x > y ? x : y) ^ p.flip);
}

void tm_extreme_s8(const tm_extreme_s8_params *p, const int8_t *left, const int8_t *right,
                   const int32_t *plan, int8_t *out) {
    const tm_extreme_s8_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *x = left + row.left, *y = right + row.right;
        for (const int8_t *const end = out + length; out < end;) {
            *out++ = extreme(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
