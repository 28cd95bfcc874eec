/* SPDX-License-Identifier: Apache-2.0
 *
 * Two operands of int16, of any shapes that broadcast, two elements at a time. */
#ifndef TM_TWOS_S16_H
#define TM_TWOS_S16_H

#include "tm_broadcast.h"
#include "tm_hold_s16.h"

/* So many copies stand for a number that all elements of a row share. */
#define TM_STILL 16

typedef void tm_two_s16(const void *t, const int16_t *x, const int16_t *y, int32_t count,
                        int16_t *out);

/* One operand's elements of a row: x, or copies of its only one where step is 0. */
static inline const int16_t *tm_row_of(const int16_t *x, int32_t step, int16_t *copies) {
    for (int32_t i = 0; step == 0 && i < TM_STILL; ++i) {
        copies[i] = *x;
    }
    return step == 0 ? copies : x;
}

/* What two makes of x and y (count), of which it takes an even number. */
static inline __attribute__((always_inline)) void tm_some_s16(tm_two_s16 *two, const void *t,
                                                              const int16_t *x, const int16_t *y,
                                                              int32_t count, int16_t *out) {
    const int32_t even = count & ~1;
    if (even > 0) {
        two(t, x, y, even, out);
    }
    if (count > even) {
        const int16_t last[2][2] = {{x[even], 0}, {y[even], 0}};
        int16_t made[2];
        two(t, last[0], last[1], 2, made);
        out[even] = made[0];
    }
}

/* Goes through out in order: the inputs of two elements are read before they are written. */
static inline __attribute__((always_inline)) void
tm_twos_s16(tm_two_s16 *two, const void *t, const int16_t *left, const int16_t *right,
            const int32_t *plan, int32_t least, int32_t most, int16_t *out) {
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    const int32_t some = left_step == 0 || right_step == 0 ? TM_STILL : length;
    int16_t copies[2][TM_STILL];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int16_t *x = tm_row_of(left + row.left, left_step, copies[0]);
        const int16_t *y = tm_row_of(right + row.right, right_step, copies[1]);
        int32_t count;
        for (int32_t rest = length; rest > 0; rest -= count) {
            count = rest < some ? rest : some;
            tm_some_s16(two, t, x, y, count, out);
            if (least != INT16_MIN || most != INT16_MAX) {
                tm_hold_s16(out, count, least, most);
            }
            x += left_step * count;
            y += right_step * count;
            out += count;
        }
    } while (tm_broadcast_next(&row));
}

#endif
