/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_product_s8.h"

#include "tm_broadcast.h"
#include "tm_hold_s8.h"
#include "tm_memory.h"
#include "tm_requantize.h"

/* A row's last elements, fewer than four. */
static void some_products(tm_product t, const int8_t *x, const int8_t *y, int32_t count,
                          int8_t *out) {
    int8_t two[2][4] = {{0}}, made[4];
    t.count = 4;
    memcpy(two[0], x, (size_t)count);
    memcpy(two[1], y, t.y_step > 0 ? (size_t)count : sizeof two[1]);
    tm_product_fours_s8(&t, two[0], two[1], made);
    memcpy(out, made, (size_t)count);
}

/* length elements of a row; y stands still where y_step is 0. */
static void product_row(tm_product t, const int8_t *x, const int8_t *y, int32_t y_step,
                        int32_t length, int8_t *out) {
    const int32_t rest = length & 3;
    int8_t still[4];
    t.count = length - rest;
    t.y_step = 4 * y_step;
    if (y_step == 0) {
        memset(still, *y, sizeof still);
        y = still;
    }
    if (t.count > 0) {
        tm_product_fours_s8(&t, x, y, out);
    }
    if (rest > 0) {
        some_products(t, x + t.count, y + t.count * y_step, rest, out + t.count);
    }
}

static int32_t in_halves(int32_t zero_point) {
    return (int32_t)((uint32_t)-zero_point << 16 | (uint32_t)(-zero_point & 0xFFFF));
}

void tm_product_s8(const tm_product_s8_params *p, const int8_t *left, const int8_t *right,
                   const int32_t *plan, int8_t *out) {
    const int32_t length = plan[1], is_left_still = plan[2] == 0;
    const int32_t offsets[2] = {in_halves(p->left_zero_point), in_halves(p->right_zero_point)};
    const tm_product t = {offsets[is_left_still],
                          offsets[!is_left_still],
                          p->multiplier,
                          p->rounding,
                          p->shift,
                          0,
                          0};
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int8_t *const x = left + row.left, *const y = right + row.right;
        if (is_left_still) {
            product_row(t, y, x, 0, length, out);
        } else {
            product_row(t, x, y, plan[3], length, out);
        }
        tm_hold(out, length, p->least, p->most);
        out += length;
    } while (tm_broadcast_next(&row));
}
