/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sub_s8.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

/* A difference in steps of 2 * big's scale / 2^20, rescaled. */
static int8_t difference(tm_sub_s8_params p, int32_t big, int32_t small) {
    const int32_t x = tm_shift_left(small - p.small_zero_point, 20);
    int32_t sum = tm_requantize(x, p.small_multiplier, p.small_shift) * p.small_factor;
    sum += (big - p.big_zero_point) * p.big_factor;
    const int32_t y = tm_requantize(sum, p.output_multiplier, p.output_shift);
    return (int8_t)tm_clamp(y + p.output_zero_point, p.least, p.most);
}

void tm_sub_s8(const tm_sub_s8_params *p, const int8_t *big, const int8_t *small,
               const int32_t *plan, int8_t *out) {
    const tm_sub_s8_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *x = big + row.left, *y = small + row.right;
        for (const int8_t *const end = out + length; out < end;) {
            *out++ = difference(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
