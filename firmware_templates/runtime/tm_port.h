/* SPDX-License-Identifier: Apache-2.0
 *
 * What a port must give: a clock, a serial line, an LED. Everything else is above it. */
#ifndef TM_PORT_H
#define TM_PORT_H

#include <stdint.h>

#include "tm_losses.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Clocks, FPU, caches, UART and LED; after it every function below works. */
void tm_port_init(void);

/* The next byte from the serial line (0 to 255), or -1 if there is none now. Never waits. The
 * commands come by it: an application that calls it takes their bytes, unless it is built without
 * the protocol. Bytes are received by an interrupt into a buffer of 1024; where some were lost, a
 * TM_PORT_HOLE stands in their place as soon as the next one came. */
int tm_port_read(void);
#define TM_PORT_HOLE 0u
/* What was lost since the last call. */
tm_losses tm_port_losses(void);
/* Sends all of data; waits while the line is busy. */
void tm_port_write(const char *data, uint32_t length);
/* Returns when everything written has left the line. */
void tm_port_flush(void);

/* A counter of core cycles that wraps; tm_port_clock_hz says how many make a second. It is the
 * board's clock, unless that did not start: then it is the one that tm_port_init found instead. */
uint32_t tm_port_cycles(void);
extern uint32_t tm_port_clock_hz;

/* LED brightness, 0 (off) to 255. Call tm_port_led_step often: it dithers where there is no PWM. */
void tm_port_led(uint8_t brightness);
void tm_port_led_step(void);

/* The most stack used since start in bytes, from the painted stack; 0 where it is not known. */
uint32_t tm_port_stack_used(void);
uint32_t tm_port_stack_size(void);

#ifdef __cplusplus
}
#endif

#endif
