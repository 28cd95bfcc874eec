/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip's FIFO of rows: asked at every tick how many wait, and emptied by transfers that run by
 * interrupts. The functions are for the done of these two transfers, and for the driver while the
 * poll is held. */
#ifndef TM_I2C_FIFO_H
#define TM_I2C_FIFO_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_i2c_poll.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tm_i2c_poll poll;      /* ask says how many rows wait, then reads some of them */
    uint32_t rows_at_once; /* for how many then has room */
    uint32_t bytes_a_row;
    uint32_t rate_mhz;      /* rows in 1000 seconds */
    uint32_t unsettled;     /* so many rows are still left out: the chip is not ready */
    uint32_t waiting;       /* rows in the FIFO */
    uint32_t us_when_asked; /* how many rows wait, by tm_port_ticks_us */
} tm_i2c_fifo;

/* Begins with an empty FIFO, whose rows are made from now on; asks from the next tick on. */
void tm_i2c_fifo_begin(tm_i2c_fifo *fifo, uint32_t bytes_a_row, uint32_t rate_mhz,
                       uint32_t unsettled);
/* So many rows wait now: starts to read them. Returns how many were overwritten since the last
 * time, if is_full, by the time: the chip does not say it. */
uint32_t tm_i2c_fifo_found(tm_i2c_fifo *fifo, uint32_t rows, bool is_full);
/* How many rows then has brought. */
uint32_t tm_i2c_fifo_came(const tm_i2c_fifo *fifo);
/* Whether the next row of these is left out. */
bool tm_i2c_fifo_leaves_out(tm_i2c_fifo *fifo);
/* These rows are done with: starts to read the next ones. */
void tm_i2c_fifo_go_on(tm_i2c_fifo *fifo);
/* How many rows the chip has made that nobody read. */
uint32_t tm_i2c_fifo_unread(const tm_i2c_fifo *fifo);

#ifdef __cplusplus
}
#endif

#endif
