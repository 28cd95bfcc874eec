/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: LSM9DS1 data sheet, DocID025715 Rev 3 (DS). Every 5 ms the number of unread rows is asked
 * for, and so many are read at once: from the last output register the address goes back to the
 * first one (DS 3.4, Multiple reads). The FIFO of 32 rows is full after 34 ms at the highest rate.
 */
#include "tm_lsm9ds1.h"

#include <stdbool.h>
#include <stddef.h>

#include "board_config.h"
#include "tm_i2c_poll.h"
#include "tm_i2c_registers.h"
#include "tm_port_i2c.h"
#include "tm_port_ticks.h"
#include "tm_rows_due.h"
#include "tm_sensor_ring.h"

#define WHO_AM_I 0x0Fu
#define WHO_AM_I_LSM9DS1 0x68u
#define CTRL_REG1_G 0x10u
#define OUT_X_G 0x18u
#define CTRL_REG6_XL 0x20u
#define CTRL_REG8 0x22u
#define CTRL_REG8_SW_RESET 0x01u
/* A row does not change while it is read; addresses go on by themselves. */
#define CTRL_REG8_BDU_IF_ADD_INC 0x44u
#define CTRL_REG9 0x23u
#define CTRL_REG9_FIFO_EN 0x02u
#define OUT_X_XL 0x28u
#define FIFO_CTRL 0x2Eu
#define FIFO_CTRL_BYPASS 0x00u
#define FIFO_CTRL_CONTINUOUS 0xC0u
#define FIFO_SRC 0x2Fu
#define FIFO_SRC_OVRN 0x40u
#define FIFO_SRC_FSS 0x3Fu
#define ODR_SHIFT 5u
#define FS_SHIFT 3u

#define ADDRESS TM_LSM9DS1_ACCEL_ADDRESS
#define AXES 3u
#define FIFO_ROWS 32u
#define ROWS_AT_ONCE 8u
/* A quarter of a second at the highest rate, two seconds at 119 Hz; a power of two. */
#ifndef TM_LSM9DS1_ROWS
#define TM_LSM9DS1_ROWS 256u
#endif

typedef struct {
    uint32_t range;
    uint8_t fs;
    float scale;
} range;

/* DS tables 46 (both) and 68 (the accelerometer alone), in mHz from ODR = 1 on; 3 (sensitivities;
 * that of 16 g is no 8-fold of that of 2 g). */
#define RATES 6u
static const uint32_t rates_together[RATES] = {14900, 59500, 119000, 238000, 476000, 952000};
static const uint32_t rates_alone[RATES] = {10000, 50000, 119000, 238000, 476000, 952000};
static const range ranges_of_accel[] = {
    {2, 0, 0.061e-3f}, {4, 2, 0.122e-3f}, {8, 3, 0.244e-3f}, {16, 1, 0.732e-3f}};
static const range ranges_of_gyro[] = {{245, 0, 8.75e-3f}, {500, 1, 17.5e-3f}, {2000, 3, 70e-3f}};

/* One of the two sensors of the chip. */
typedef struct {
    bool runs;
    uint8_t fs;
    tm_sensor_ring ring;
} part;

static int16_t accel_rows[TM_LSM9DS1_ROWS * AXES], gyro_rows[TM_LSM9DS1_ROWS * AXES];
static part accel = {.ring = {.rows = accel_rows, .most = TM_LSM9DS1_ROWS, .channels = AXES}};
static part gyro = {.ring = {.rows = gyro_rows, .most = TM_LSM9DS1_ROWS, .channels = AXES}};
static uint8_t odr = 1; /* of both while the gyroscope runs */
static uint32_t rate_mhz;

static uint8_t bytes[ROWS_AT_ONCE * 2u * AXES * 2u];
static uint32_t waiting;           /* rows in the FIFO */
static uint32_t cycles_when_asked; /* how many rows wait */

static void status_is_there(void);
static void rows_are_there(void);
static const uint8_t status_register = FIFO_SRC;
static const uint8_t accel_register = OUT_X_XL, both_register = OUT_X_G;
static tm_i2c_transfer status = {.address = ADDRESS,
                                 .out = &status_register,
                                 .out_bytes = 1,
                                 .in = bytes,
                                 .in_bytes = 1,
                                 .done = status_is_there};
static tm_i2c_transfer fifo = {
    .address = ADDRESS, .out_bytes = 1, .in = bytes, .done = rows_are_there};
static tm_i2c_poll poll = {.ask = &status, .then = &fifo};

static uint32_t bytes_a_row(void) { return 2u * AXES * (gyro.runs ? 2u : 1u); }

static void read_rows(void) {
    const uint32_t rows = waiting < ROWS_AT_ONCE ? waiting : ROWS_AT_ONCE;
    fifo.out = gyro.runs ? &both_register : &accel_register;
    fifo.in_bytes = (uint16_t)(rows * bytes_a_row());
    tm_port_i2c_start(&fifo);
}

/* That some were overwritten is all that the chip says; how many follows from the time. */
static void count_overwritten(void) {
    const uint32_t came = tm_rows_due(cycles_when_asked, rate_mhz);
    const uint32_t lost = came > FIFO_ROWS ? came - FIFO_ROWS : 1u;
    tm_sensor_ring_lose(&accel.ring, lost);
    tm_sensor_ring_lose(&gyro.ring, lost);
}

static void status_is_there(void) {
    if (status.state != TM_I2C_DONE) {
        return; /* the next tick asks again */
    }
    waiting = bytes[0] & FIFO_SRC_FSS;
    if ((bytes[0] & FIFO_SRC_OVRN) != 0) {
        count_overwritten();
    }
    cycles_when_asked = poll.asked_at;
    if (waiting > 0 && poll.runs) {
        read_rows();
    }
}

static const uint8_t *put(part *to, const uint8_t *from) {
    int16_t row[AXES];
    tm_i2c_row(from, row, AXES);
    if (to->runs) {
        tm_sensor_ring_put(&to->ring, row);
    }
    return from + 2u * AXES;
}

static void rows_are_there(void) {
    if (fifo.state != TM_I2C_DONE) {
        return;
    }
    const uint32_t rows = fifo.in_bytes / bytes_a_row();
    const uint8_t *from = bytes;
    for (uint32_t i = 0; i < rows; i++) {
        if (gyro.runs) {
            from = put(&gyro, from);
        }
        from = put(&accel, from);
    }
    waiting -= rows;
    if (waiting > 0 && poll.runs) {
        read_rows();
    }
}

static void tick(void) { tm_i2c_poll_tick(&poll); }

/* A reset ends by itself; it takes the chip some of these looks. */
static tm_sensor_result reset(void) {
    uint8_t control = CTRL_REG8_SW_RESET;
    (void)tm_i2c_write_register(ADDRESS, CTRL_REG8, CTRL_REG8_BDU_IF_ADD_INC | CTRL_REG8_SW_RESET);
    for (uint32_t i = 0; i < 100u && (control & CTRL_REG8_SW_RESET) != 0; i++) {
        if (tm_i2c_read_register(ADDRESS, CTRL_REG8, &control) == TM_I2C_STUCK) {
            return TM_SENSOR_STUCK;
        }
    }
    return (control & CTRL_REG8_SW_RESET) != 0 ? TM_SENSOR_STUCK : TM_SENSOR_RUNS;
}

static const uint32_t *rates_now(void) { return gyro.runs ? rates_together : rates_alone; }

static void choose_rate(uint32_t rate_hz) {
    odr = 1;
    while (odr < RATES && rates_now()[odr - 1u] < rate_hz * 1000u) {
        odr++;
    }
}

/* Sets both parts as they are wanted now. The FIFO is emptied first and filled from then on; while
 * the gyroscope runs, it sets the rate of both. */
static tm_sensor_result set_up(void) {
    const uint8_t of_gyro = (uint8_t)(gyro.runs ? odr << ODR_SHIFT | gyro.fs << FS_SHIFT : 0);
    const uint8_t of_accel =
        (uint8_t)(accel.runs || gyro.runs ? odr << ODR_SHIFT | accel.fs << FS_SHIFT : 0);
    const tm_i2c_register list[] = {
        {CTRL_REG8, CTRL_REG8_BDU_IF_ADD_INC},
        {CTRL_REG9, CTRL_REG9_FIFO_EN},
        {FIFO_CTRL, FIFO_CTRL_BYPASS},
        {CTRL_REG1_G, of_gyro},
        {CTRL_REG6_XL, of_accel},
        {FIFO_CTRL, FIFO_CTRL_CONTINUOUS},
    };
    const tm_i2c_state state = tm_i2c_write_registers(ADDRESS, list, sizeof list / sizeof list[0]);
    rate_mhz = rates_now()[odr - 1u];
    tm_sensor_ring_clear(&accel.ring);
    tm_sensor_ring_clear(&gyro.ring);
    waiting = 0;
    cycles_when_asked = tm_port_cycles();
    if (state == TM_I2C_DONE && (accel.runs || gyro.runs)) {
        tm_i2c_poll_begin(&poll);
    }
    return state == TM_I2C_DONE ? TM_SENSOR_RUNS : TM_SENSOR_STUCK;
}

static tm_sensor_result start(part *one, const range *ranges, uint32_t count, uint32_t rate_hz,
                              uint32_t wanted, tm_sensor_setting *is) {
    uint32_t i = 0;
    while (i + 1u < count && ranges[i].range < wanted) {
        i++;
    }
    tm_port_i2c_on();
    tm_i2c_poll_hold(&poll);
    tm_sensor_result result = tm_i2c_ask_who(ADDRESS, WHO_AM_I, WHO_AM_I_LSM9DS1);
    if (result == TM_SENSOR_RUNS && !accel.runs && !gyro.runs) {
        result = reset();
    }
    if (result != TM_SENSOR_RUNS) {
        return result;
    }
    one->runs = true;
    one->fs = ranges[i].fs;
    choose_rate(rate_hz);
    result = set_up();
    is->rate_mhz = rate_mhz;
    is->range = ranges[i].range;
    is->scale = ranges[i].scale;
    return tm_port_ticks_call(tick) ? result : TM_SENSOR_STUCK;
}

static void stop(part *one) {
    tm_i2c_poll_hold(&poll);
    one->runs = false;
    (void)set_up();
}

static tm_sensor_result start_accel(uint32_t rate_hz, uint32_t most, tm_sensor_setting *is) {
    return start(&accel, ranges_of_accel, 4u, rate_hz, most, is);
}

static uint32_t read_accel(int16_t *rows, uint32_t most) {
    return tm_sensor_ring_take(&accel.ring, rows, most);
}

static uint32_t lost_accel(void) { return tm_sensor_ring_lost(&accel.ring, 0); }

static void stop_accel(void) { stop(&accel); }

static tm_sensor_result start_gyro(uint32_t rate_hz, uint32_t most, tm_sensor_setting *is) {
    return start(&gyro, ranges_of_gyro, 3u, rate_hz, most, is);
}

static uint32_t read_gyro(int16_t *rows, uint32_t most) {
    return tm_sensor_ring_take(&gyro.ring, rows, most);
}

static uint32_t lost_gyro(void) { return tm_sensor_ring_lost(&gyro.ring, 0); }

static void stop_gyro(void) { stop(&gyro); }

const tm_sensor tm_lsm9ds1_accel = {.name = "accel",
                                    .unit = "g",
                                    .channels = AXES,
                                    .start = start_accel,
                                    .read = read_accel,
                                    .lost = lost_accel,
                                    .stop = stop_accel};
const tm_sensor tm_lsm9ds1_gyro = {.name = "gyro",
                                   .unit = "dps",
                                   .channels = AXES,
                                   .start = start_gyro,
                                   .read = read_gyro,
                                   .lost = lost_gyro,
                                   .stop = stop_gyro};
