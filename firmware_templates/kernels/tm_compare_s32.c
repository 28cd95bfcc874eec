/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_compare_s32.h"

#include "tm_broadcast.h"

void tm_compare_s32(const tm_compare_s32_params *p, const int32_t *left, const int32_t *right,
                    const int32_t *plan, uint8_t *out) {
    const int32_t truth = p->truth;
    const int32_t length = plan[1], left_step = plan[2], right_step = plan[3];
    tm_broadcast row = tm_broadcast_first(plan);
    do {
        const int32_t *x = left + row.left, *y = right + row.right;
        for (const uint8_t *const end = out + length; out < end;) {
            const int32_t order = (*x > *y) - (*x < *y) + 1;
            *out++ = (uint8_t)((truth >> order) & 1);
            x += left_step;
            y += right_step;
        }
    } while (tm_broadcast_next(&row));
}
