/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_add_s16.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

static int16_t add(tm_add_s16_params p, int32_t left, int32_t right) {
    const int32_t x = tm_requantize(left * (1 << 15), p.left_multiplier, p.left_shift);
    const int32_t y = tm_requantize(right * (1 << 15), p.right_multiplier, p.right_shift);
    const int32_t sum = tm_requantize(x + y * p.right_factor, p.multiplier, p.shift);
    return (int16_t)tm_clamp(sum, p.least, p.most);
}

void tm_add_s16(const tm_add_s16_params *p, const int16_t *left, const int16_t *right,
                const int32_t *plan, int16_t *out) {
    const tm_add_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int16_t *x = left + row.left, *y = right + row.right;
        for (const int16_t *const end = out + length; out < end;) {
            *out++ = add(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
