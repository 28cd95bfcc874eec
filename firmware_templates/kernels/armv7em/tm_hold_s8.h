/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_HOLD_S8_H
#define TM_HOLD_S8_H

#include <stdint.h>

/* out (count): holds each output within least and most. */
void tm_hold_s8(int8_t *out, int32_t count, int32_t least, int32_t most);

/* The same, with nothing to do where the limits are those of int8. */
static inline void tm_hold(int8_t *out, int32_t count, int32_t least, int32_t most) {
    if (least != INT8_MIN || most != INT8_MAX) {
        tm_hold_s8(out, count, least, most);
    }
}

#endif
