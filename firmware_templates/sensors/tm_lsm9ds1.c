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
#include "tm_i2c_registers.h"
#include "tm_imu.h"

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
#define ROWS_AT_ONCE 8u
/* A quarter of a second at the highest rate, two seconds at 119 Hz; a power of two. */
#ifndef TM_LSM9DS1_ROWS
#define TM_LSM9DS1_ROWS 256u
#endif

/* DS tables 46 (both) and 68 (the accelerometer alone), in mHz from ODR = 1 on; 3 (sensitivities;
 * that of 16 g is no 8-fold of that of 2 g). */
#define RATES 6u
static const uint32_t rates_together[RATES] = {14900, 59500, 119000, 238000, 476000, 952000};
static const uint32_t rates_alone[RATES] = {10000, 50000, 119000, 238000, 476000, 952000};
/* By ODR. How many rows are to be left out after a start (DS, Accelerometer turn-on time, at the
 * bandwidth that ODR gives, and Gyroscope turn-on time, LPF1 only); the first one in the FIFO
 * always is (DS, Accelerometer and gyroscope FIFO). */
static const uint8_t unsettled_together[RATES] = {2, 3, 3, 4, 5, 8};
static const uint8_t unsettled_alone[RATES] = {1, 1, 2, 2, 2, 2};
static const imu_range ranges_of_accel[] = {
    {2, 0, 0.061e-3f}, {4, 2, 0.122e-3f}, {8, 3, 0.244e-3f}, {16, 1, 0.732e-3f}};
static const imu_range ranges_of_gyro[] = {
    {245, 0, 8.75e-3f}, {500, 1, 17.5e-3f}, {2000, 3, 70e-3f}};

static int16_t accel_rows[TM_LSM9DS1_ROWS * IMU_AXES], gyro_rows[TM_LSM9DS1_ROWS * IMU_AXES];
static imu_part accel = {
    .ring = {.rows = accel_rows, .most = TM_LSM9DS1_ROWS, .channels = IMU_AXES}};
static imu_part gyro = {.ring = {.rows = gyro_rows, .most = TM_LSM9DS1_ROWS, .channels = IMU_AXES}};
static uint8_t odr = 1;

static uint8_t bytes[ROWS_AT_ONCE * 2u * IMU_BYTES_A_PART];

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
static tm_i2c_transfer some_rows = {
    .address = ADDRESS, .out_bytes = 1, .in = bytes, .done = rows_are_there};
static tm_i2c_fifo fifo = {.poll = {.ask = &status, .then = &some_rows},
                           .rows_at_once = ROWS_AT_ONCE};

static uint32_t imu_bytes_a_row(void) {
    return gyro.runs ? 2u * IMU_BYTES_A_PART : IMU_BYTES_A_PART;
}

/* That some were overwritten is all that the chip says: one at the least. */
static void status_is_there(void) {
    if (status.state != TM_I2C_DONE) {
        return; /* the next tick asks again */
    }
    const bool is_overrun = (bytes[0] & FIFO_SRC_OVRN) != 0;
    uint32_t lost = tm_i2c_fifo_found(&fifo, bytes[0] & FIFO_SRC_FSS, is_overrun);
    if (is_overrun && lost == 0 && fifo.unsettled == 0) {
        lost = 1;
    }
    tm_sensor_ring_lose(&accel.ring, lost);
    tm_sensor_ring_lose(&gyro.ring, lost);
}

static const uint8_t *put(imu_part *to, const uint8_t *from) {
    int16_t row[IMU_AXES];
    tm_i2c_row(from, row, IMU_AXES);
    if (to->runs) {
        tm_sensor_ring_put(&to->ring, row);
    }
    return from + IMU_BYTES_A_PART;
}

static void rows_are_there(void) {
    const uint32_t rows = tm_i2c_fifo_came(&fifo);
    for (uint32_t i = 0; i < rows; i++) {
        if (!tm_i2c_fifo_leaves_out(&fifo)) {
            const uint8_t *const from = bytes + i * fifo.bytes_a_row;
            (void)put(&accel, gyro.runs ? put(&gyro, from) : from);
        }
    }
    tm_i2c_fifo_go_on(&fifo);
}

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

static tm_sensor_result imu_wake(void) {
    const tm_sensor_result result = tm_i2c_ask_who(ADDRESS, WHO_AM_I, WHO_AM_I_LSM9DS1);
    return result == TM_SENSOR_RUNS && !imu_runs() ? reset() : result;
}

static const uint32_t *rates_now(void) { return gyro.runs ? rates_together : rates_alone; }

static uint8_t imu_odr_of(uint32_t rate_hz) {
    uint8_t found = 1;
    while (found < RATES && rates_now()[found - 1u] < rate_hz * 1000u) {
        found++;
    }
    return found;
}

static uint32_t imu_rate_mhz(void) { return rates_now()[odr - 1u]; }

static uint32_t imu_unsettled(void) {
    return (gyro.runs ? unsettled_together : unsettled_alone)[odr - 1u];
}

/* The FIFO is emptied first and filled from then on; while the gyroscope runs, it sets the rate of
 * both. */
static tm_i2c_state imu_set_up(void) {
    const uint8_t of_gyro = (uint8_t)(gyro.runs ? odr << ODR_SHIFT | gyro.range << FS_SHIFT : 0);
    const uint8_t of_accel = (uint8_t)(imu_runs() ? odr << ODR_SHIFT | accel.range << FS_SHIFT : 0);
    const tm_i2c_register list[] = {
        {CTRL_REG8, CTRL_REG8_BDU_IF_ADD_INC},
        {CTRL_REG9, CTRL_REG9_FIFO_EN},
        {FIFO_CTRL, FIFO_CTRL_BYPASS},
        {CTRL_REG1_G, of_gyro},
        {CTRL_REG6_XL, of_accel},
        {FIFO_CTRL, FIFO_CTRL_CONTINUOUS},
    };
    some_rows.out = gyro.runs ? &both_register : &accel_register;
    return tm_i2c_write_registers(ADDRESS, list, sizeof list / sizeof list[0]);
}

TM_IMU_SENSOR(tm_lsm9ds1_accel, accel, "g", ranges_of_accel);
TM_IMU_SENSOR(tm_lsm9ds1_gyro, gyro, "dps", ranges_of_gyro);
