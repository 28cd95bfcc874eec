/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: LIS2DH12 data sheet, DocID025056 Rev 6 (DS). Its 12 bits stand at the top of 16, so that
 * counts are multiples of 16. The FIFO of 32 rows is full after 80 ms at the highest rate, and is
 * asked every 5 ms; from the last output register the address goes back to the first one. */
#include "tm_lis2dh12.h"

#include <stdbool.h>
#include <stddef.h>

#include "board_config.h"
#include "tm_i2c_fifo.h"
#include "tm_i2c_registers.h"
#include "tm_port_i2c.h"
#include "tm_port_ticks.h"
#include "tm_sensor_ring.h"

#define WHO_AM_I 0x0Fu
#define WHO_AM_I_LIS2DH12 0x33u
#define CTRL_REG1 0x20u
#define CTRL_REG1_ODR_SHIFT 4u
#define CTRL_REG1_AXES 0x07u
#define CTRL_REG4 0x23u
#define CTRL_REG4_BDU_HR 0x88u /* a row does not change while it is read; 12 bits */
#define CTRL_REG4_FS_SHIFT 4u
#define CTRL_REG5 0x24u
#define CTRL_REG5_FIFO_EN 0x40u
#define OUT_X_L 0x28u
#define FIFO_CTRL 0x2Eu
#define FIFO_CTRL_BYPASS 0x00u
#define FIFO_CTRL_STREAM 0x80u
#define FIFO_SRC 0x2Fu
#define FIFO_SRC_OVRN 0x40u
#define FIFO_SRC_FSS 0x1Fu
#define GO_ON 0x80u /* in a register's number: the next bytes are of those above it (DS 6.1.1) */

#define ADDRESS TM_LIS2DH12_ACCEL_ADDRESS
#define AXES 3u
#define BYTES_A_ROW (2u * AXES)
#define FIFO_ROWS 32u
#define ROWS_AT_ONCE 8u
/* Two thirds of a second at the highest rate; a power of two. */
#ifndef TM_LIS2DH12_ROWS
#define TM_LIS2DH12_ROWS 256u
#endif

/* DS tables 31 (ODR from 1 on) and 4: units of a bit of 12, by 16. */
static const uint16_t rates[] = {1, 10, 25, 50, 100, 200, 400};
#define RATES 7u
static const float scales[] = {1e-3f / 16, 2e-3f / 16, 4e-3f / 16, 12e-3f / 16};
#define RANGES 4u
/* DS, turn-on time: 7 of its rows until it has its 12 bits. */
#define UNSETTLED 7u

static int16_t rows[TM_LIS2DH12_ROWS * AXES];
static tm_sensor_ring ring = {.rows = rows, .most = TM_LIS2DH12_ROWS, .channels = AXES};
static uint8_t bytes[ROWS_AT_ONCE * BYTES_A_ROW];

static void status_is_there(void);
static void rows_are_there(void);
static const uint8_t status_register = FIFO_SRC, first_output = OUT_X_L | GO_ON;
static tm_i2c_transfer status = {.address = ADDRESS,
                                 .out = &status_register,
                                 .out_bytes = 1,
                                 .in = bytes,
                                 .in_bytes = 1,
                                 .done = status_is_there};
static tm_i2c_transfer some_rows = {
    .address = ADDRESS, .out = &first_output, .out_bytes = 1, .in = bytes, .done = rows_are_there};
static tm_i2c_fifo fifo = {.poll = {.ask = &status, .then = &some_rows},
                           .rows_at_once = ROWS_AT_ONCE};

/* OVRN says that the FIFO is full, not that rows were overwritten. */
static void status_is_there(void) {
    if (status.state != TM_I2C_DONE) {
        return; /* the next tick asks again */
    }
    const bool is_full = (bytes[0] & FIFO_SRC_OVRN) != 0;
    const uint32_t there = is_full ? FIFO_ROWS : bytes[0] & FIFO_SRC_FSS;
    tm_sensor_ring_lose(&ring, tm_i2c_fifo_found(&fifo, there, is_full));
}

static void rows_are_there(void) {
    const uint32_t count = tm_i2c_fifo_came(&fifo);
    for (uint32_t i = 0; i < count; i++) {
        if (!tm_i2c_fifo_leaves_out(&fifo)) {
            int16_t row[AXES];
            tm_i2c_row(bytes + i * BYTES_A_ROW, row, AXES);
            tm_sensor_ring_put(&ring, row);
        }
    }
    tm_i2c_fifo_go_on(&fifo);
}

static void tick(void) { tm_i2c_poll_tick(&fifo.poll); }

static void stop(void) {
    if (fifo.poll.runs) {
        tm_i2c_poll_hold(&fifo.poll);
        (void)tm_i2c_write_register(ADDRESS, CTRL_REG1, 0);
    }
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is) {
    uint32_t odr = 1, scale = 0;
    while (odr < RATES && rates[odr - 1u] < rate_hz) {
        odr++;
    }
    while (scale + 1u < RANGES && 2u << scale < range) {
        scale++;
    }
    tm_port_i2c_on();
    stop();
    if (!tm_port_ticks_call(tick)) {
        return TM_SENSOR_STUCK;
    }
    const tm_sensor_result who = tm_i2c_ask_who(ADDRESS, WHO_AM_I, WHO_AM_I_LIS2DH12);
    if (who != TM_SENSOR_RUNS) {
        return who;
    }
    const tm_i2c_register list[] = {
        {CTRL_REG1, 0},
        {CTRL_REG4, (uint8_t)(CTRL_REG4_BDU_HR | scale << CTRL_REG4_FS_SHIFT)},
        {CTRL_REG5, CTRL_REG5_FIFO_EN},
        {FIFO_CTRL, FIFO_CTRL_BYPASS},
        {FIFO_CTRL, FIFO_CTRL_STREAM},
        {CTRL_REG1, (uint8_t)(odr << CTRL_REG1_ODR_SHIFT | CTRL_REG1_AXES)},
    };
    if (tm_i2c_write_registers(ADDRESS, list, sizeof list / sizeof list[0]) != TM_I2C_DONE) {
        return TM_SENSOR_STUCK;
    }
    is->rate_mhz = 1000u * rates[odr - 1u];
    is->range = 2u << scale;
    is->scale = scales[scale];
    tm_sensor_ring_clear(&ring);
    tm_i2c_fifo_begin(&fifo, BYTES_A_ROW, is->rate_mhz, UNSETTLED);
    return TM_SENSOR_RUNS;
}

static uint32_t take(int16_t *to, uint32_t most) { return tm_sensor_ring_take(&ring, to, most); }

static uint32_t lost(void) { return tm_sensor_ring_lost(&ring, 0); }

static uint32_t rate_mhz(void) { return fifo.poll.runs ? fifo.rate_mhz : 0; }

const tm_sensor tm_lis2dh12_accel = {.name = "accel",
                                     .unit = "g",
                                     .channels = AXES,
                                     .start = start,
                                     .read = take,
                                     .lost = lost,
                                     .stop = stop,
                                     .rate_mhz = rate_mhz};
