/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_select_s8.h"

#include "tm_broadcast.h"

enum { OPERANDS = 3 };

/* Goes on to the next row, which begins at these places; false if there is none. */
static bool next(const int32_t *plan, int32_t *place, int32_t *done) {
    const int32_t *dimension = plan + 2 + OPERANDS;
    for (int32_t i = 0; i < plan[0]; ++i, dimension += 1 + OPERANDS) {
        for (int32_t j = 0; j < OPERANDS; ++j) {
            place[j] += dimension[1 + j];
        }
        if (++done[i] < dimension[0]) {
            return true;
        }
        done[i] = 0;
    }
    return false;
}

void tm_select_s8(const uint8_t *condition, const int8_t *left, const int8_t *right,
                  const int32_t *plan, int8_t *out) {
    int32_t place[OPERANDS] = {0}, done[TM_BROADCAST_OUTER] = {0};
    do {
        const uint8_t *c = condition + place[0];
        const int8_t *x = left + place[1], *y = right + place[2];
        for (int32_t i = plan[1]; i > 0; --i) {
            *out++ = *c ? *x : *y;
            c += plan[2];
            x += plan[3];
            y += plan[4];
        }
    } while (next(plan, place, done));
}
