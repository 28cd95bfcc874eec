/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_pace.h"

#include <stdbool.h>

#include "tm_app.h"
#include "tm_port.h"

static uint32_t step;
static uint32_t last;
static bool is_first;

void tm_pace_start(void) {
    step = 0;
    is_first = true;
}

void tm_pace_step(void) {
    const uint32_t now = tm_port_cycles();
    if (is_first || now - last >= tm_port_clock_hz / tm_app_steps_a_second) {
        is_first = false;
        last = now;
        tm_app_step(step++);
    }
}
