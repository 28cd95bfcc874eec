/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sub_s8.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

/* A difference in steps of 2 * big's scale / 2^20, rescaled. As in tm_add.h, the zero points and
 * the rounding of both products are one 64-bit number each, which the compiler takes out of the
 * loop. */
static int8_t difference(tm_sub_s8_params p, int32_t big, int32_t small) {
    const int64_t round = (int64_t)1 << 31;
    const int64_t small_bias =
        round - (int64_t)(p.small_zero_point * (1 << 21)) * p.small_multiplier;
    const int64_t big_bias =
        round - (int64_t)(p.big_zero_point * p.big_factor * 2) * p.output_multiplier;
    const int32_t ties = p.small_shift > 0 ? -1 : 0;
    const int32_t small_half = (int32_t)((uint32_t)1 << p.small_shift >> 1);
    const int32_t half = (int32_t)1 << (p.output_shift - 1);
    int32_t x = (int32_t)(((int64_t)(small * (1 << 21)) * p.small_multiplier + small_bias) >> 32);
    x = (x + small_half + ((x >> 31) & ties)) >> p.small_shift;
    x = (x * p.small_factor + big * p.big_factor) * 2;
    x = (int32_t)(((int64_t)x * p.output_multiplier + big_bias) >> 32);
    x = (x + half + (x >> 31)) >> p.output_shift;
    return (int8_t)tm_clamp(x + p.output_zero_point, p.least, p.most);
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
