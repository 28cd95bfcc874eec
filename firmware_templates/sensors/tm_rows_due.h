/* SPDX-License-Identifier: Apache-2.0
 *
 * How many rows a sensor has made since a moment, for chips that only say that some were lost. */
#ifndef TM_ROWS_DUE_H
#define TM_ROWS_DUE_H

#include <stdint.h>

#include "tm_port.h"

/* cycles is tm_port_cycles() of the moment, less than a turn of that counter ago. */
static inline uint32_t tm_rows_due(uint32_t cycles, uint32_t rate_mhz) {
    const uint64_t elapsed = tm_port_cycles() - cycles;
    return (uint32_t)(elapsed * rate_mhz / 1000u / tm_port_clock_hz);
}

#endif
