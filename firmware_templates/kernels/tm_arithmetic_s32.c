/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_arithmetic_s32.h"

#include "tm_broadcast.h"
#include "tm_requantize.h"

static int32_t result_of(int32_t function, int32_t x, int32_t y) {
    switch (function) {
    case TM_ARITHMETIC_ADD:
        return (int32_t)((uint32_t)x + (uint32_t)y);
    case TM_ARITHMETIC_SUB:
        return (int32_t)((uint32_t)x - (uint32_t)y);
    case TM_ARITHMETIC_MUL:
        return (int32_t)((uint32_t)x * (uint32_t)y);
    case TM_ARITHMETIC_DIV:
        return x / y;
    case TM_ARITHMETIC_MINIMUM:
        return x < y ? x : y;
    case TM_ARITHMETIC_MAXIMUM:
        return x > y ? x : y;
    default: {
        const uint32_t difference = (uint32_t)x - (uint32_t)y;
        return (int32_t)(difference * difference);
    }
    }
}

void tm_arithmetic_s32(const tm_arithmetic_s32_params *p, const int32_t *left, const int32_t *right,
                       const int32_t *plan, int32_t *out) {
    const tm_arithmetic_s32_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int32_t *x = left + row.left, *y = right + row.right;
        for (const int32_t *const end = out + length; out < end;) {
            *out++ = tm_clamp(result_of(params.function, *x, *y), params.least, params.most);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
