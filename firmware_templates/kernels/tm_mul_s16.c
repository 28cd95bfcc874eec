/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mul_s16.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

static int16_t multiply(tm_mul_s16_params p, int32_t left, int32_t right) {
    const int32_t product = tm_requantize(left * right, p.multiplier, p.shift);
    return (int16_t)tm_clamp(product, p.least, p.most);
}

void tm_mul_s16(const tm_mul_s16_params *p, const int16_t *left, const int16_t *right,
                const int32_t *plan, int16_t *out) {
    const tm_mul_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int16_t *x = left + row.left, *y = right + row.right;
        for (const int16_t *const end = out + length; out < end;) {
            *out++ = multiply(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
