/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_HOLD_S8_H
#define TM_HOLD_S8_H

#include <stdint.h>

#include "tm_requantize.h"

/* out (count): holds each output within least and most; nothing to do where they are int8's. */
static inline void tm_hold_s8(int8_t *out, int32_t count, int32_t least, int32_t most) {
    if (least == INT8_MIN && most == INT8_MAX) {
        return;
    }
    for (; count > 0; --count, ++out) {
        *out = (int8_t)tm_clamp(*out, least, most);
    }
}

#endif
