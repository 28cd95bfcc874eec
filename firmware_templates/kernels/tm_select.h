/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks three operands of different shapes along a plan as tm_broadcast.h has it. */
#ifndef TM_SELECT_H
#define TM_SELECT_H

#include "tm_broadcast.h"

enum { TM_SELECT_OPERANDS = 3 };

/* Goes on to the next row, which begins at these places; false if there is none. */
static inline bool tm_select_next(const int32_t *plan, int32_t *place, int32_t *done) {
    const int32_t *dimension = plan + 2 + TM_SELECT_OPERANDS;
    for (int32_t i = 0; i < plan[0]; ++i, dimension += 1 + TM_SELECT_OPERANDS) {
        for (int32_t j = 0; j < TM_SELECT_OPERANDS; ++j) {
            place[j] += dimension[1 + j];
        }
        if (++done[i] < dimension[0]) {
            return true;
        }
        done[i] = 0;
    }
    return false;
}

#endif
