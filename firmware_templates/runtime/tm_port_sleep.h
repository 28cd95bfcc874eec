/* SPDX-License-Identifier: Apache-2.0
 *
 * Sleep until something happens. A port gives this in tm_port_sleep.c; it is in the firmware only
 * if a file includes this header. */
#ifndef TM_PORT_SLEEP_H
#define TM_PORT_SLEEP_H

#ifdef __cplusplus
extern "C" {
#endif

/* Waits for an interrupt; returns at once if one came since the last call. Call it only while
 * something makes interrupts: a sensor that runs makes one every 16 ms at the latest. tm_clock and
 * tm_port_cycles may stand still meanwhile, as the core's cycle counter does: count rows. */
void tm_port_sleep(void);

#ifdef __cplusplus
}
#endif

#endif
