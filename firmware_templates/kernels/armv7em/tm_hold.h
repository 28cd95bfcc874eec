/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_HOLD_H
#define TM_HOLD_H

#include <stdint.h>

#include "tm_requantize.h"

/* Holds outputs within least and most; nothing to do where that is all of int8. */
static inline void tm_hold(int8_t *out, int32_t count, int32_t least, int32_t most) {
    if (least == INT8_MIN && most == INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < count; ++i) {
        out[i] = (int8_t)tm_clamp(out[i], least, most);
    }
}

#endif
