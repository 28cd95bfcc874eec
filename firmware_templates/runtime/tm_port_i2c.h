/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's I2C bus with its sensors. A port that has one gives this in tm_port_i2c.c; it is in
 * the firmware only if a file includes this header.
 *
 * Transfers run by interrupts, one after the other, while the program does something else.
 *
 * Whether somebody is at an address a read of one byte tells: the answer is TM_I2C_DONE or
 * TM_I2C_REFUSED. */
#ifndef TM_PORT_I2C_H
#define TM_PORT_I2C_H

#include <stdint.h>

/* The most that one transfer reads. */
#define TM_I2C_MOST_IN 4095u

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TM_I2C_DONE = 0,
    TM_I2C_UNDER_WAY,
    TM_I2C_REFUSED,    /* nobody acknowledged the address, or a byte */
    TM_I2C_STUCK,      /* the bus did not move in time; it was freed by nine clocks */
    TM_I2C_IMPOSSIBLE, /* nothing was sent: see tm_port_i2c_start */
} tm_i2c_state;

/* Writes out, all of it, then reads in behind a repeated start; one of the two may have no bytes.
 * All of it stays where it is until the state is another than TM_I2C_UNDER_WAY. */
typedef struct tm_i2c_transfer {
    uint8_t address; /* 7 bits */
    uint8_t out_bytes;
    uint16_t in_bytes; /* at most TM_I2C_MOST_IN */
    const uint8_t *out;
    uint8_t *in;
    /* Called by the interrupt at the end, but not after TM_I2C_STUCK or TM_I2C_IMPOSSIBLE; or NULL.
     */
    void (*done)(void);
    volatile tm_i2c_state state;
    struct tm_i2c_transfer *next; /* the port's */
} tm_i2c_transfer;

/* Power for the bus, pins and speed; again it does nothing. Call it before all others. */
void tm_port_i2c_on(void);
/* Starts a transfer behind those that are under way. One without a byte, one that would read more
 * than TM_I2C_MOST_IN, and one before tm_port_i2c_on end at once as TM_I2C_IMPOSSIBLE. Also for
 * interrupts. */
void tm_port_i2c_start(tm_i2c_transfer *transfer);
/* Returns the state at the end. What takes longer than 40 ms, and 0.18 ms a byte, is given up, with
 * all others. Not for interrupts. */
tm_i2c_state tm_port_i2c_wait(const tm_i2c_transfer *transfer);
/* Ends all transfers as TM_I2C_STUCK and frees the bus: for who has waited too long. */
void tm_port_i2c_give_up(void);

#ifdef __cplusplus
}
#endif

#endif
