/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip that is asked at every tick whether it has something, by transfers that run by interrupts.
 * What takes too long is given up, and asked again. */
#ifndef TM_I2C_POLL_H
#define TM_I2C_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_port_i2c.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tm_i2c_transfer *ask;  /* starts at each tick, while no transfer of the chip is under way */
    tm_i2c_transfer *then; /* the one that ask's done starts, or NULL */
    volatile bool runs;
    uint32_t ticks_of_this;
    uint32_t
        asked_at_us; /* tm_port_ticks_us() when ask was started: not later than what it reads */
} tm_i2c_poll;

/* The chip is asked from the next tick on. */
void tm_i2c_poll_begin(tm_i2c_poll *poll);
/* To be called at each tick. */
void tm_i2c_poll_tick(tm_i2c_poll *poll);
/* Returns when the interrupts leave the chip alone. */
void tm_i2c_poll_hold(tm_i2c_poll *poll);
/* 16-bit numbers of a row, the low byte first. */
void tm_i2c_row(const uint8_t *bytes, int16_t *row, uint32_t channels);

#ifdef __cplusplus
}
#endif

#endif
