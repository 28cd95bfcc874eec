/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_prelu_s8.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

static int8_t prelu(tm_prelu_s8_params p, int32_t in, int32_t slope) {
    const int32_t x = in - p.zero_point;
    const int32_t y =
        x >= 0 ? tm_requantize(x, p.multiplier, p.shift)
               : tm_requantize(x * (slope - p.slope_zero_point), p.slope_multiplier, p.slope_shift);
    return (int8_t)tm_clamp(y + p.output_zero_point, -128, 127);
}

void tm_prelu_s8(const tm_prelu_s8_params *p, const int8_t *in, const int8_t *slope,
                 const int32_t *plan, int8_t *out) {
    const tm_prelu_s8_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *x = in + row.left, *y = slope + row.right;
        for (const int8_t *const end = out + length; out < end;) {
            *out++ = prelu(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
