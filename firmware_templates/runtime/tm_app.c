/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_app.h"

#include <stdbool.h>

#include "app_data.h"
#include "tm_port.h"

#define SINE_STEPS_A_SECOND 50u
#define SAMPLES_A_SECOND 4u

static uint32_t step;
static uint32_t last;
static bool is_first;

void tm_app_start(void) {
    step = 0;
    is_first = true;
}

static bool is_due(uint32_t steps_a_second) {
    const uint32_t now = tm_port_cycles();
    if (!is_first && now - last < tm_port_clock_hz / steps_a_second) {
        return false;
    }
    is_first = false;
    last = now;
    return true;
}

void tm_app_step(void) {
    switch (tm_app.kind) {
    case TM_APP_SINE:
        if (is_due(SINE_STEPS_A_SECOND)) {
            tm_app_sine_step(step++);
        }
        break;
    case TM_APP_SAMPLES:
        if (is_due(SAMPLES_A_SECOND)) {
            tm_app_samples_step(step++);
        }
        break;
    case TM_APP_ANOMALIES:
        if (is_due(SAMPLES_A_SECOND)) {
            tm_app_anomalies_step(step++);
        }
        break;
    case TM_APP_NONE:
        break;
    }
}

void tm_app_say(const tm_text *text) {
    tm_port_write(text->data, text->length);
    tm_port_write("\r\n", 2);
}
