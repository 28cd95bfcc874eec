/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that were on the serial line, and did not arrive. */
#ifndef TM_LOSSES_H
#define TM_LOSSES_H

#include <stdint.h>

/* How many bytes were lost, by the reason. */
typedef struct {
    uint32_t full;    /* the receive buffer had no room */
    uint32_t overrun; /* the UART itself had none; each may be more than one byte */
    uint32_t
        framing; /* no stop bit where it must be: another baud rate, a cable that was plugged in */
    uint32_t noise;  /* a bit changed while it was looked at */
    uint32_t breaks; /* the line was held low */
} tm_losses;

#endif
