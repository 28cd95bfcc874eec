/* SPDX-License-Identifier: Apache-2.0
 *
 * Brightness without PWM: the error of each step is carried into the next, so that of many
 * steps level / 255 are on. */
#ifndef TM_DITHER_H
#define TM_DITHER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t level;
    uint16_t error;
} tm_dither;

static inline bool tm_dither_step(tm_dither *dither) {
    dither->error = (uint16_t)(dither->error + dither->level);
    const bool on = dither->error >= 255u;
    if (on) {
        dither->error = (uint16_t)(dither->error - 255u);
    }
    return on;
}

#endif
