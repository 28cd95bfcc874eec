/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_compare_s8.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

/* Both numbers in steps of 1/256. */
static uint8_t compare(tm_compare_s8_params p, int32_t left, int32_t right) {
    const int32_t x = tm_shift_left(left - p.left_zero_point, 8);
    const int32_t y = tm_shift_left(right - p.right_zero_point, 8);
    const int32_t difference = tm_requantize(x, p.left_multiplier, p.left_shift) -
                               tm_requantize(y, p.right_multiplier, p.right_shift);
    const int32_t order = (difference > 0) - (difference < 0) + 1;
    return (uint8_t)((p.truth >> order) & 1);
}

void tm_compare_s8(const tm_compare_s8_params *p, const int8_t *left, const int8_t *right,
                   const int32_t *plan, uint8_t *out) {
    const tm_compare_s8_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *x = left + row.left, *y = right + row.right;
        for (const uint8_t *const end = out + length; out < end;) {
            *out++ = compare(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
