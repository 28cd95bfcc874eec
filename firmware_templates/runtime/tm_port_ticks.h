/* SPDX-License-Identifier: Apache-2.0
 *
 * A call every 5 ms, by an interrupt. A port gives this in tm_port_ticks.c; it is in the firmware
 * only if a file includes this header. */
#ifndef TM_PORT_TICKS_H
#define TM_PORT_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TM_PORT_TICK_US 5000u

/* Calls tick from now on. Returns false if there are too many; twice the same one is called once.
 */
bool tm_port_ticks_call(void (*tick)(void));
/* Microseconds, by the ticks' timer, which goes on while the core sleeps; it wraps. From the first
 * tm_port_ticks_call on. */
uint32_t tm_port_ticks_us(void);

#ifdef __cplusplus
}
#endif

#endif
