/* SPDX-License-Identifier: Apache-2.0
 *
 * What a UART's interrupt hands to the main loop, a byte at a time. The port's handler calls these;
 * tm_port_read and tm_port_losses, which stand above them, are the same for every port. */
#ifndef TM_RECEIVE_H
#define TM_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_losses.h"

/* A byte came whole. Where the buffer is full it is lost, and counted: what came before it stays.
 */
void tm_received(uint8_t byte);
/* Bytes were lost, by what is not 0 in them. The main loop reads one TM_PORT_HOLE in their place.
 */
void tm_received_badly(const tm_losses *lost);
/* The same, of a line that is not this one: its hole stands in what was received there. */
void tm_count_losses(const tm_losses *lost);
/* Whether a byte waits for the main loop. */
bool tm_received_any(void);
/* tm_port_read and tm_received_any of the UART, for a port that has two lines and its own. */
int tm_received_next(void);
bool tm_received_waits(void);

#endif
