/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_clock.h"

#include "tm_port.h"

uint64_t tm_clock_microseconds(void) {
    static uint64_t total;
    static uint32_t last;
    static uint8_t started;
    const uint32_t now = tm_port_cycles();
    if (started) {
        total += (uint32_t)(now - last);
    }
    started = 1;
    last = now;
    return total / (tm_port_clock_hz / 1000000u);
}
