/* SPDX-License-Identifier: Apache-2.0
 *
 * How many rows a sensor has made since a moment, for chips that only say that some were lost. */
#ifndef TM_ROWS_DUE_H
#define TM_ROWS_DUE_H

#include <stdint.h>

#include "tm_port_ticks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* us is tm_port_ticks_us() of the moment, less than a turn of that clock (71 minutes) ago: it goes
 * on while the core sleeps, which the core's cycle counter need not. */
static inline uint32_t tm_rows_due(uint32_t us, uint32_t rate_mhz) {
    const uint64_t elapsed = tm_port_ticks_us() - us;
    return (uint32_t)(elapsed * rate_mhz / 1000000000u);
}

#ifdef __cplusplus
}
#endif

#endif
