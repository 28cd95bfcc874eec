/* SPDX-License-Identifier: Apache-2.0
 *
 * Time since the start, from the port's cycle counter. */
#ifndef TM_CLOCK_H
#define TM_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Microseconds. Must be asked at least once while the 32-bit counter goes round (20 s at 216 MHz,
 * 67 s at 64 MHz, 4 s on the host): the main loop and the inference loop do. A single inference
 * that takes longer than that loses whole rounds. */
uint64_t tm_clock_microseconds(void);

#ifdef __cplusplus
}
#endif

#endif
