/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: LSM9DS1 data sheet, DocID025715 Rev 3 (DS) 8. It has no FIFO: a row stands for 12.5 ms at
 * its highest rate, and status and row are read together every 5 ms. */
#include "tm_lsm9ds1_mag.h"

#include <stdbool.h>
#include <stddef.h>

#include "board_config.h"
#include "tm_i2c_registers.h"
#include "tm_one_row.h"
#include "tm_port_i2c.h"
#include "tm_port_ticks.h"

#define WHO_AM_I 0x0Fu
#define WHO_AM_I_MAG 0x3Du
#define CTRL_REG1 0x20u
#define CTRL_REG1_OM 0x60u /* the best of x and y */
#define CTRL_REG1_DO_SHIFT 2u
#define CTRL_REG2 0x21u
#define CTRL_REG2_FS_SHIFT 5u
#define CTRL_REG3 0x22u
#define CTRL_REG3_CONTINUOUS 0x00u
#define CTRL_REG3_POWER_DOWN 0x03u
#define CTRL_REG4 0x23u
#define CTRL_REG4_OMZ 0x0Cu
#define CTRL_REG5 0x24u
#define CTRL_REG5_BDU 0x40u
#define STATUS 0x27u
#define STATUS_ZYXDA 0x08u
#define STATUS_ZYXOR 0x80u
#define GO_ON 0x80u /* in a register's number: the next bytes are of those above it (DS 5.1.1) */

#define ADDRESS TM_LSM9DS1_MAG_ADDRESS
#define AXES 3u
#define ROWS 64u /* 0.8 s at the highest rate; a power of two */

/* DS tables 113 and 115, and 3. */
static const uint8_t rates[] = {5, 10, 20, 40, 80};
#define RATES 5u
#define DO_OF_FIRST 3u
static const float scales[] = {0.14e-3f, 0.29e-3f, 0.43e-3f, 0.58e-3f}; /* 4, 8, 12, 16 gauss */
#define RANGES 4u

static int16_t rows[ROWS * AXES];
static uint8_t bytes[1u + 2u * AXES];

static void row_is_there(void);
static const uint8_t first_register = STATUS | GO_ON;
static tm_i2c_transfer transfer = {.address = ADDRESS,
                                   .out = &first_register,
                                   .out_bytes = 1,
                                   .in = bytes,
                                   .in_bytes = sizeof bytes,
                                   .done = row_is_there};
static tm_one_row one = {.poll = {.ask = &transfer},
                         .ring = {.rows = rows, .most = ROWS, .channels = AXES}};

static void row_is_there(void) {
    if (transfer.state != TM_I2C_DONE || (bytes[0] & STATUS_ZYXDA) == 0) {
        return;
    }
    int16_t row[AXES];
    tm_i2c_row(bytes + 1, row, AXES);
    tm_one_row_put(&one, row, (bytes[0] & STATUS_ZYXOR) != 0);
}

static void tick(void) { tm_i2c_poll_tick(&one.poll); }

static void stop(void) {
    if (one.poll.runs) {
        tm_i2c_poll_hold(&one.poll);
        (void)tm_i2c_write_register(ADDRESS, CTRL_REG3, CTRL_REG3_POWER_DOWN);
    }
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is) {
    uint32_t rate = 0, scale = 0;
    while (rate + 1u < RATES && rates[rate] < rate_hz) {
        rate++;
    }
    while (scale + 1u < RANGES && 4u * (scale + 1u) < range) {
        scale++;
    }
    tm_port_i2c_on();
    stop();
    if (!tm_port_ticks_call(tick)) {
        return TM_SENSOR_STUCK;
    }
    const tm_sensor_result who = tm_i2c_ask_who(ADDRESS, WHO_AM_I, WHO_AM_I_MAG);
    if (who != TM_SENSOR_RUNS) {
        return who;
    }
    const uint8_t data_rate = (uint8_t)((rate + DO_OF_FIRST) << CTRL_REG1_DO_SHIFT);
    const tm_i2c_register list[] = {
        {CTRL_REG1, (uint8_t)(CTRL_REG1_OM | data_rate)},
        {CTRL_REG2, (uint8_t)(scale << CTRL_REG2_FS_SHIFT)},
        {CTRL_REG4, CTRL_REG4_OMZ},
        {CTRL_REG5, CTRL_REG5_BDU},
        {CTRL_REG3, CTRL_REG3_CONTINUOUS},
    };
    if (tm_i2c_write_registers(ADDRESS, list, sizeof list / sizeof list[0]) != TM_I2C_DONE) {
        return TM_SENSOR_STUCK;
    }
    is->rate_mhz = 1000u * rates[rate];
    is->range = 4u * (scale + 1u);
    is->scale = scales[scale];
    tm_one_row_begin(&one, is->rate_mhz);
    return TM_SENSOR_RUNS;
}

static uint32_t take(int16_t *to, uint32_t most) {
    return tm_sensor_ring_take(&one.ring, to, most);
}

static uint32_t lost(void) { return tm_sensor_ring_lost(&one.ring, 0); }

static uint32_t rate_mhz(void) { return one.poll.runs ? one.rate_mhz : 0; }

const tm_sensor tm_lsm9ds1_mag = {.name = "mag",
                                  .unit = "gauss",
                                  .channels = AXES,
                                  .start = start,
                                  .read = take,
                                  .lost = lost,
                                  .stop = stop,
                                  .rate_mhz = rate_mhz};
