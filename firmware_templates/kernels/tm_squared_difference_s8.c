/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_squared_difference_s8.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

/* Both numbers with 7 more bits, in steps of twice the larger scale: their square fits in 31 bits.
 */
static int8_t squared_difference(tm_squared_difference_s8_params p, int32_t left, int32_t right) {
    const int32_t x = (left - p.left_zero_point) * (1 << 7);
    const int32_t y = (right - p.right_zero_point) * (1 << 7);
    const int32_t difference = tm_requantize(x, p.left_multiplier, p.left_shift) -
                               tm_requantize(y, p.right_multiplier, p.right_shift);
    const int32_t square = tm_requantize(difference * difference, p.multiplier, p.shift);
    return (int8_t)tm_clamp(square + p.output_zero_point, -128, 127);
}

void tm_squared_difference_s8(const tm_squared_difference_s8_params *p, const int8_t *left,
                              const int8_t *right, const int32_t *plan, int8_t *out) {
    const tm_squared_difference_s8_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *x = left + row.left, *y = right + row.right;
        for (const int8_t *const end = out + length; out < end;) {
            *out++ = squared_difference(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
