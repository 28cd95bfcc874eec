/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is called every 5 ms, the same for every port: its tm_port_ticks.c includes this, gives
 * ticks_on, and calls ticks_tell from its interrupt. */
#ifndef TM_TICK_LIST_H
#define TM_TICK_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "tm_port_ticks.h"

#define TICKS_MOST 6u

static void ticks_on(void);

static void (*volatile ticks_called[TICKS_MOST])(void);

bool tm_port_ticks_call(void (*tick)(void)) {
    for (uint32_t i = 0; i < TICKS_MOST; i++) {
        if (ticks_called[i] == tick) {
            return true;
        }
        if (ticks_called[i] == NULL) {
            ticks_called[i] = tick; /* the interrupt sees it whole or not at all */
            if (i == 0) {
                ticks_on();
            }
            return true;
        }
    }
    return false;
}

static void ticks_tell(void) {
    for (uint32_t i = 0; i < TICKS_MOST && ticks_called[i] != NULL; i++) {
        ticks_called[i]();
    }
}

#endif
