/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_div_s8.h"

#include "tm_broadcast.h"
#include "tm_reciprocal.h"
#include "tm_requantize.h"

/* What TFLM's reciprocal of 0 comes to. */
#define ONE_OVER_ZERO (-1515870816)

static int32_t count_bits(uint32_t x) {
    int32_t bits = 0;
    for (; x != 0; x >>= 1) {
        ++bits;
    }
    return bits;
}

/* 2^(bits - 1) / x in Q31. */
static int32_t reciprocal(int32_t x, int32_t bits) {
    if (x == 0) {
        return ONE_OVER_ZERO;
    }
    return tm_one_over_one_plus((int32_t)(((uint32_t)x << (32 - bits)) - 0x80000000u));
}

static int8_t quotient(tm_div_s8_params p, int32_t left, int32_t right) {
    int32_t x = left - p.left_zero_point, y = right - p.right_zero_point;
    if (y < 0) {
        x = -x;
        y = -y;
    }
    const int32_t bits = count_bits((uint32_t)y);
    const int32_t headroom = 31 - count_bits((uint32_t)(x < 0 ? ~x : x));
    const int32_t fine = tm_high_mul(tm_shift_left(x, headroom), reciprocal(y, bits));
    const int32_t z = tm_requantize(fine, p.multiplier, p.shift - headroom - (bits - 1));
    return (int8_t)tm_clamp(z + p.output_zero_point, p.least, p.most);
}

void tm_div_s8(const tm_div_s8_params *p, const int8_t *left, const int8_t *right,
               const int32_t *plan, int8_t *out) {
    const tm_div_s8_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *x = left + row.left, *y = right + row.right;
        for (const int8_t *const end = out + length; out < end;) {
            *out++ = quotient(params, *x, *y);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
