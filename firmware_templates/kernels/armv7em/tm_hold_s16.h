/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_HOLD_S16_H
#define TM_HOLD_S16_H

#include <stdint.h>

/* out (count): holds each output within least and most. */
void tm_hold_s16(int16_t *out, int32_t count, int32_t least, int32_t most);

/* The same for outputs of which none is negative where least is 0: there may be nothing to do. */
static inline void tm_hold_wide(int16_t *out, int32_t count, int32_t least, int32_t most) {
    if ((least != INT16_MIN && least != 0) || most != INT16_MAX) {
        tm_hold_s16(out, count, least, most);
    }
}

#endif
