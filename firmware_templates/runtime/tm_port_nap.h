/* SPDX-License-Identifier: Apache-2.0
 *
 * Sleep for a time. It is in the firmware only if a file includes this header, on every port that
 * has ticks (tm_port_ticks.h). tm_port_sleep.h sleeps until the next interrupt. */
#ifndef TM_PORT_NAP_H
#define TM_PORT_NAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Stops the core until this time is over, never for less; it is a tick (5 ms) more at the most, and
 * what the interrupts take. 71 minutes at the most. Ends sooner when a byte has come, on the UART
 * or USB, which go on receiving: nothing is lost. Interrupts are served, drivers go on. The LED
 * keeps its level, so one that is dithered does not show its brightness meanwhile. tm_port_cycles
 * counts on. Not for interrupts. */
void tm_port_nap(uint32_t microseconds);
/* How long the core has stopped in naps, in microseconds; it wraps. */
uint32_t tm_port_napped_us(void);

#ifdef __cplusplus
}
#endif

#endif
