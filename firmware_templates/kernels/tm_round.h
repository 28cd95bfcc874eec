/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ROUND_H
#define TM_ROUND_H

#include <stdint.h>

/* steps to the nearest number, halves away from zero, without libm; no farther from 0 than far,
 * which is what is not a number becomes, below 0. */
static inline int32_t tm_round_steps(float steps, int32_t far) {
    if (!(steps > -(float)far)) { /* also if it is not a number */
        return -far;
    }
    if (steps > (float)far) {
        return far;
    }
    const int32_t whole = (int32_t)steps;
    const float rest = steps - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

#endif
