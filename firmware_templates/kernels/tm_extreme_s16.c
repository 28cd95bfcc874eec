/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_extreme_s16.h"

#include "tm_broadcast.h"

/* The minimum is the maximum with all bits turned over. */
static int16_t extreme(tm_extreme_s16_params p, int32_t x, int32_t y) {
    x ^= p.flip;
    y ^= p.flip;
    return (int16_t)((x > y ? x : y) ^ p.flip);
}

void tm_extreme_s16(const tm_extreme_s16_params *p, const int16_t *left, const int16_t *right,
                    const int32_t *plan, int16_t *out) {
    const tm_extreme_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int16_t *x = left + row.left, *y = right + row.right;
        for (const int16_t *const end = out + length; out < end;) {
            *out++ = extreme(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
