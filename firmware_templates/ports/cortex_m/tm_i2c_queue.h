/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of transfers behind tm_port_i2c.h, the same for every port: its tm_port_i2c.c includes
 * this, gives the three functions that are only declared here, and calls i2c_ended from its
 * interrupt. */
#ifndef TM_I2C_QUEUE_H
#define TM_I2C_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "tm_cortex_m.h"
#include "tm_lock.h"
#include "tm_port_i2c.h"

/* Two hundred bytes at 100 kHz, and what is before them. */
#define I2C_LIMIT_US 40000u

static void i2c_bus_on(void);
static void i2c_begin(const tm_i2c_transfer *transfer);
/* Stops what runs, and clocks until whoever holds the data line lets it go. */
static void i2c_free(void);

static tm_i2c_transfer *i2c_first, *i2c_last;
static bool i2c_is_on;

void tm_port_i2c_on(void) {
    if (!i2c_is_on) {
        i2c_is_on = true;
        i2c_bus_on();
    }
}

void tm_port_i2c_start(tm_i2c_transfer *transfer) {
    transfer->state = TM_I2C_UNDER_WAY;
    transfer->next = NULL;
    const uint32_t before = tm_lock();
    if (i2c_first == NULL) {
        i2c_first = transfer;
        i2c_begin(transfer);
    } else {
        i2c_last->next = transfer;
    }
    i2c_last = transfer;
    tm_unlock(before);
}

/* The first transfer has ended; the next one begins before anybody hears of it. */
static void i2c_ended(tm_i2c_state state) {
    tm_i2c_transfer *const ended = i2c_first;
    if (ended == NULL) {
        return;
    }
    i2c_first = ended->next;
    if (i2c_first != NULL) {
        i2c_begin(i2c_first);
    }
    ended->state = state;
    if (ended->done != NULL) {
        ended->done();
    }
}

void tm_port_i2c_give_up(void) {
    const uint32_t before = tm_lock();
    i2c_free();
    for (; i2c_first != NULL; i2c_first = i2c_first->next) {
        i2c_first->state = TM_I2C_STUCK;
    }
    tm_unlock(before);
}

tm_i2c_state tm_port_i2c_wait(const tm_i2c_transfer *transfer) {
    for (uint32_t left = tm_looks_in(I2C_LIMIT_US); left > 0; left--) {
        if (transfer->state != TM_I2C_UNDER_WAY) {
            return transfer->state;
        }
    }
    tm_port_i2c_give_up();
    return transfer->state;
}

#endif
