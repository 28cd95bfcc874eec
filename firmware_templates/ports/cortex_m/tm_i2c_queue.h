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

/* For what is before a transfer; its own bytes get twice the time of nine clocks at 100 kHz. */
#define I2C_LIMIT_US 40000u
#define I2C_US_A_BYTE 180u

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

static bool i2c_can(const tm_i2c_transfer *transfer) {
    return i2c_is_on && transfer->in_bytes <= TM_I2C_MOST_IN &&
           (transfer->out_bytes != 0 || transfer->in_bytes != 0);
}

void tm_port_i2c_start(tm_i2c_transfer *transfer) {
    if (!i2c_can(transfer)) {
        transfer->state = TM_I2C_IMPOSSIBLE;
        return;
    }
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

/* For the compiler: the bytes of a transfer are there before its state says so. */
static inline void i2c_keep_order(void) { __asm volatile("" ::: "memory"); }

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
    i2c_keep_order();
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
    const uint32_t bytes = (uint32_t)transfer->out_bytes + transfer->in_bytes;
    for (uint32_t left = tm_looks_in(I2C_LIMIT_US + bytes * I2C_US_A_BYTE); left > 0; left--) {
        const tm_i2c_state state = transfer->state;
        if (state != TM_I2C_UNDER_WAY) {
            i2c_keep_order();
            return state;
        }
    }
    tm_port_i2c_give_up();
    return transfer->state;
}

#endif
