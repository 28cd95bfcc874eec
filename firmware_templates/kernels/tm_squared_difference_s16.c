/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_squared_difference_s16.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

/* Both numbers in steps of twice the larger scale: their difference has 16 bits and a sign. */
static int16_t squared_difference(tm_squared_difference_s16_params p, int32_t left, int32_t right) {
    const int32_t difference = tm_requantize(left, p.left_multiplier, p.left_shift) -
                               tm_requantize(right, p.right_multiplier, p.right_shift);
    const int32_t square = tm_requantize(difference * difference, p.multiplier, p.shift);
    return (int16_t)tm_clamp(square, INT16_MIN, INT16_MAX);
}

void tm_squared_difference_s16(const tm_squared_difference_s16_params *p, const int16_t *left,
                               const int16_t *right, const int32_t *plan, int16_t *out) {
    const tm_squared_difference_s16_params params =
        *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int16_t *x = left + row.left, *y = right + row.right;
        for (const int16_t *const end = out + length; out < end;) {
            *out++ = squared_difference(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
