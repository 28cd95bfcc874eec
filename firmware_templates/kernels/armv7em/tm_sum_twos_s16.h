/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SUM_TWOS_S16_H
#define TM_SUM_TWOS_S16_H

#include <stdint.h>

/* y is scaled, x stands for x << 14; their sum is scaled again. Both times by a multiplier, then to
 * the right by shift bits, with rounding, 1 << (shift - 1), added before. */
typedef struct {
    int32_t y_multiplier, y_rounding, y_shift;
    int32_t multiplier, rounding, shift;
} tm_sum_wide;

/* The sums of x and y (count), two at a time: count is even and not 0. Shifts are from 1 to 22, and
 * y's scale is less than 1/2. */
void tm_sum_twos_s16(const tm_sum_wide *s, const int16_t *x, const int16_t *y, int32_t count,
                     int16_t *out);

#endif
