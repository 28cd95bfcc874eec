/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_clock over a cycle counter that the test sets. */
#include "clock_driver.h"

#include "tm_clock.h"
#include "tm_port.h"

static uint32_t cycles;
uint32_t tm_port_clock_hz = 64000000;

uint32_t tm_port_cycles(void) { return cycles; }

uint64_t microseconds_at(uint32_t now) {
    cycles = now;
    return tm_clock_microseconds();
}
