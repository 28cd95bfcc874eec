/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_select_s16.h"

#include "tm_select.h"

void tm_select_s16(const uint8_t *condition, const int16_t *left, const int16_t *right,
                   const int32_t *plan, int16_t *out) {
    int32_t place[TM_SELECT_OPERANDS] = {0}, done[TM_BROADCAST_OUTER] = {0};
    do {
        const uint8_t *c = condition + place[0];
        const int16_t *x = left + place[1], *y = right + place[2];
        for (int32_t i = plan[1]; i > 0; --i) {
            *out++ = *c ? *x : *y;
            c += plan[2];
            x += plan[3];
            y += plan[4];
        }
    } while (tm_select_next(plan, place, done));
}
