/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_weighted_sum_s8.h"

#include "tm_broadcast.h"
#include "tm_hold_s8.h"
#include "tm_memory.h"
#include "tm_requantize.h"

/* length elements of a row; y stands still where y_step is 0. */
static void sum_row(tm_weighted t, const int8_t *x, const int8_t *y, int32_t y_step, int32_t length,
                    int8_t *out) {
    int8_t still[4];
    t.count = length & ~3;
    t.y_step = 4 * y_step;
    if (y_step == 0) {
        memset(still, *y, sizeof still);
        y = still;
    }
    if (t.count > 0) {
        tm_weighted_fours_s8(&t, x, y, out);
    }
    for (int32_t i = t.count; i < length; ++i) {
        const int32_t sum =
            t.c + tm_weighted_product(t.a, x[i]) + tm_weighted_product(t.b, y[i * y_step]);
        out[i] = (int8_t)tm_clamp(sum >> TM_WEIGHTED_BITS, INT8_MIN, INT8_MAX);
    }
}

void tm_weighted_sum_s8(const tm_weighted_sum_s8_params *p, const int8_t *left, const int8_t *right,
                        const int32_t *plan, int8_t *out) {
    const int32_t length = plan[1], is_left_still = plan[2] == 0;
    const tm_weighted straight = {p->a, p->b, p->c, 0, 0}, swapped = {p->b, p->a, p->c, 0, 0};
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *const x = left + row.left, *const y = right + row.right;
        if (is_left_still) {
            sum_row(swapped, y, x, 0, length, out);
        } else {
            sum_row(straight, x, y, plan[3], length, out);
        }
        tm_hold(out, length, p->least, p->most);
        out += length;
    } while (tm_broadcast_next(&row));
}
