/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip that keeps one row, asked at every tick for it: what it overwrote is counted. */
#ifndef TM_ONE_ROW_H
#define TM_ONE_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_i2c_poll.h"
#include "tm_sensor_ring.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tm_i2c_poll poll;
    tm_sensor_ring ring;
    uint32_t rate_mhz;   /* rows in 1000 seconds */
    uint32_t us_of_last; /* when the last row was asked for, by tm_port_ticks_us */
} tm_one_row;

/* Begins with no rows, which are made from now on; asks from the next tick on. */
void tm_one_row_begin(tm_one_row *one, uint32_t rate_mhz);
/* For the poll's done: a new row. was_overrun: the chip says that it overwrote some before. */
void tm_one_row_put(tm_one_row *one, const int16_t *row, bool was_overrun);

#ifdef __cplusplus
}
#endif

#endif
