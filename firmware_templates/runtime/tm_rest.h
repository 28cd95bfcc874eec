/* SPDX-License-Identifier: Apache-2.0
 *
 * What the main loop does between two looks. */
#ifndef TM_REST_H
#define TM_REST_H

#ifdef __cplusplus
extern "C" {
#endif

/* About 30 microseconds: the line is buffered for longer, the LED is dithered fast enough, and an
 * emulator has far less to do. Returns at once if the core has slept since the last rest. */
void tm_rest(void);
/* The core slept: for tm_port_sleep and tm_port_nap. */
void tm_rest_slept(void);

#ifdef __cplusplus
}
#endif

#endif
