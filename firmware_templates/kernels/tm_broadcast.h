/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks two operands of different shapes row by row, along a plan the toolkit made:
 *   the number of outer dimensions (0 to 5), the length of a row,
 *   the step from one element of a row to the next: left's, right's (1, or 0 to stand still),
 *   then for each outer dimension, innermost first: its size, left's jump, right's jump. */
#ifndef TM_BROADCAST_H
#define TM_BROADCAST_H

#include <stdbool.h>
#include <stdint.h>

enum { TM_BROADCAST_OUTER = 5 };

typedef struct {
    const int32_t *plan;
    int32_t left; /* where the row begins, in elements */
    int32_t right;
    int32_t done[TM_BROADCAST_OUTER]; /* of each outer dimension */
} tm_broadcast;

static inline tm_broadcast tm_broadcast_first(const int32_t *plan) {
    const tm_broadcast first = {plan, 0, 0, {0}};
    return first;
}

/* Goes on to the next row; false if there is none. */
static inline bool tm_broadcast_next(tm_broadcast *walk) {
    const int32_t *dimension = walk->plan + 4;
    for (int32_t i = 0; i < walk->plan[0]; ++i, dimension += 3) {
        walk->left += dimension[1];
        walk->right += dimension[2];
        if (++walk->done[i] < dimension[0]) {
            return true;
        }
        walk->done[i] = 0;
    }
    return false;
}

#endif
