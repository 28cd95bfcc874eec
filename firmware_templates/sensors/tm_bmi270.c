/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: BMI270 data sheet, BST-BMI270-DS000 (DS): 4.4, Power on reset and device initialization,
 * and the registers' descriptions in 5.2. It does not measure until 8 kB of Bosch's were written
 * into it, tm_bmi270_config. Rows without header are read from its FIFO of 2 kB every 5 ms; that is
 * full after 0.1 s at the highest rate. */
#include "tm_bmi270.h"

#include <stdbool.h>
#include <stddef.h>

#include "board_config.h"
#include "tm_bmi270_config.h"
#include "tm_i2c_registers.h"
#include "tm_imu.h"
#include "tm_port.h"

#define CHIP_ID 0x00u
#define CHIP_ID_BMI270 0x24u
#define INTERNAL_STATUS 0x21u
#define INTERNAL_STATUS_MESSAGE 0x0Fu
#define INTERNAL_STATUS_INIT_OK 0x01u
#define FIFO_LENGTH_0 0x24u
#define FIFO_LENGTH_1_COUNTER 0x3Fu
#define FIFO_DATA 0x26u
#define ACC_CONF 0x40u
#define ACC_CONF_PERFORMANCE_NORMAL 0xA0u /* acc_filter_perf, acc_bwp: no averaging */
#define ACC_RANGE 0x41u
#define GYR_CONF 0x42u
#define GYR_CONF_PERFORMANCE_NORMAL 0xE0u /* gyr_filter_perf, gyr_noise_perf, gyr_bwp: normal */
#define GYR_RANGE 0x43u
#define FIFO_CONFIG_0 0x48u
#define FIFO_CONFIG_0_STREAM 0x00u /* a full FIFO overwrites its oldest row */
#define FIFO_CONFIG_1 0x49u        /* without fifo_header_en */
#define FIFO_CONFIG_1_ACC 0x40u
#define FIFO_CONFIG_1_GYR 0x80u
#define INIT_CTRL 0x59u
#define INIT_CTRL_LOAD 0x00u
#define INIT_CTRL_END 0x01u
#define INIT_ADDR_0 0x5Bu /* bits 0 to 3 of the word's number; INIT_ADDR_1 has 4 to 11 */
#define INIT_DATA 0x5Eu
#define PWR_CONF 0x7Cu
#define PWR_CONF_NO_POWER_SAVE 0x00u
#define PWR_CTRL 0x7Du
#define PWR_CTRL_GYR 0x02u
#define PWR_CTRL_ACC 0x04u
#define CMD 0x7Eu
#define CMD_FIFO_FLUSH 0xB0u
#define CMD_SOFT_RESET 0xB6u

/* DS 4.4; Bosch's API gives a reset 2 ms. DS 2: the accelerometer is there after 2 ms, the
 * gyroscope after 45. */
#define RESET_US 2000u
#define POWER_SAVE_US 450u
#define INIT_LOOK_US 10000u
#define INIT_LOOKS 16u
#define ACC_START_UP_US 3000u
#define GYR_START_UP_US 50000u
#define LOOPS_A_LOOK 200u
#define PIECE_BYTES 64u /* of the configuration in one transfer; even */

#define ADDRESS TM_BMI270_ACCEL_ADDRESS
/* Of 2048 bytes; a full one keeps some free. */
#define FIFO_FULL_BYTES 1984u
#define ROWS_AT_ONCE 8u
/* A third of a second at the highest rate, five seconds at 100 Hz; a power of two. */
#ifndef TM_BMI270_ROWS
#define TM_BMI270_ROWS 512u
#endif

/* acc_odr and gyr_odr of 25 Hz; each further one is twice as much. */
#define ODR_FIRST 6u
#define ODR_FIRST_HZ 25u
#define ODR_LAST 12u
#define COUNTS 32768.0f

/* value is of ACC_RANGE or GYR_RANGE. */
static const imu_range ranges_of_accel[] = {
    {2, 0, 2 / COUNTS}, {4, 1, 4 / COUNTS}, {8, 2, 8 / COUNTS}, {16, 3, 16 / COUNTS}};
static const imu_range ranges_of_gyro[] = {{125, 4, 125 / COUNTS},
                                           {250, 3, 250 / COUNTS},
                                           {500, 2, 500 / COUNTS},
                                           {1000, 1, 1000 / COUNTS},
                                           {2000, 0, 2000 / COUNTS}};

static int16_t accel_rows[TM_BMI270_ROWS * IMU_AXES], gyro_rows[TM_BMI270_ROWS * IMU_AXES];
static imu_part accel = {
    .ring = {.rows = accel_rows, .most = TM_BMI270_ROWS, .channels = IMU_AXES}};
static imu_part gyro = {.ring = {.rows = gyro_rows, .most = TM_BMI270_ROWS, .channels = IMU_AXES}};
static bool is_loaded; /* the configuration was */
static uint8_t odr = ODR_FIRST;

static uint8_t bytes[ROWS_AT_ONCE * 2u * IMU_BYTES_A_PART];

static void length_is_there(void);
static void rows_are_there(void);
static const uint8_t length_register = FIFO_LENGTH_0, data_register = FIFO_DATA;
static tm_i2c_transfer length = {.address = ADDRESS,
                                 .out = &length_register,
                                 .out_bytes = 1,
                                 .in = bytes,
                                 .in_bytes = 2,
                                 .done = length_is_there};
static tm_i2c_transfer some_rows = {
    .address = ADDRESS, .out = &data_register, .out_bytes = 1, .in = bytes, .done = rows_are_there};
static tm_i2c_fifo fifo = {.poll = {.ask = &length, .then = &some_rows},
                           .rows_at_once = ROWS_AT_ONCE};

static uint32_t rate_of(uint32_t of_odr) { return 1000u * (ODR_FIRST_HZ << (of_odr - ODR_FIRST)); }

static uint32_t imu_rate_mhz(void) { return rate_of(odr); }

static uint32_t imu_bytes_a_row(void) {
    return IMU_BYTES_A_PART * ((gyro.runs ? 1u : 0u) + (accel.runs ? 1u : 0u));
}

/* What is not ready says so in its rows. */
static uint32_t imu_unsettled(void) { return 0; }

/* Rows without header do not say what was overwritten. */
static void length_is_there(void) {
    if (length.state != TM_I2C_DONE || !fifo.poll.runs) {
        return; /* the next tick asks again */
    }
    const uint32_t there = (uint32_t)(bytes[0] | (bytes[1] & FIFO_LENGTH_1_COUNTER) << 8);
    const uint32_t rows = there / fifo.bytes_a_row;
    const uint32_t lost = tm_i2c_fifo_found(&fifo, rows, there >= FIFO_FULL_BYTES);
    tm_sensor_ring_lose(&accel.ring, lost);
    tm_sensor_ring_lose(&gyro.ring, lost);
}

/* A sensor that is not ready yet has 0x7F01 or 0x7F02 and 0x8000 in its place (Bosch's API). */
static bool is_missing(const uint8_t *from) {
    return (from[0] == 0x01u || from[0] == 0x02u) && from[1] == 0x7Fu && from[2] == 0x00u &&
           from[3] == 0x80u;
}

static void put(imu_part *to, const uint8_t *from) {
    int16_t row[IMU_AXES];
    tm_i2c_row(from, row, IMU_AXES);
    tm_sensor_ring_put(&to->ring, row);
}

/* A row has the gyroscope's numbers before the accelerometer's. */
static void put_row(const uint8_t *from) {
    const uint8_t *const of_accel = gyro.runs ? from + IMU_BYTES_A_PART : from;
    if ((gyro.runs && is_missing(from)) || (accel.runs && is_missing(of_accel))) {
        return;
    }
    if (gyro.runs) {
        put(&gyro, from);
    }
    if (accel.runs) {
        put(&accel, of_accel);
    }
}

static void rows_are_there(void) {
    const uint32_t rows = tm_i2c_fifo_came(&fifo);
    for (uint32_t i = 0; i < rows; i++) {
        put_row(bytes + i * fifo.bytes_a_row);
    }
    tm_i2c_fifo_go_on(&fifo);
}

static void wait_us(uint32_t us) {
    const uint32_t start = tm_port_cycles();
    while (tm_port_cycles() - start < us * (tm_port_clock_hz / 1000000u)) {
        for (volatile uint32_t i = 0; i < LOOPS_A_LOOK; i++) { /* a look costs an emulator much */
        }
    }
}

static bool write_register(uint8_t number, uint8_t value) {
    return tm_i2c_write_register(ADDRESS, number, value) == TM_I2C_DONE;
}

static bool write_config(void) {
    for (uint32_t at = 0; at < TM_BMI270_CONFIG_BYTES; at += PIECE_BYTES) {
        const uint32_t word = at / 2u;
        const uint8_t place[] = {INIT_ADDR_0, (uint8_t)(word & 0x0Fu), (uint8_t)(word >> 4)};
        uint8_t piece[1u + PIECE_BYTES] = {INIT_DATA};
        for (uint32_t i = 0; i < PIECE_BYTES; i++) {
            piece[1u + i] = tm_bmi270_config[at + i];
        }
        if (tm_i2c_write(ADDRESS, place, sizeof place) != TM_I2C_DONE ||
            tm_i2c_write(ADDRESS, piece, sizeof piece) != TM_I2C_DONE) {
            return false;
        }
    }
    return true;
}

static bool says_that_it_is_loaded(void) {
    uint8_t status = 0;
    return tm_i2c_read_register(ADDRESS, INTERNAL_STATUS, &status) == TM_I2C_DONE &&
           (status & INTERNAL_STATUS_MESSAGE) == INTERNAL_STATUS_INIT_OK;
}

/* INIT_CTRL_END is for once after a reset (DS 4.4): so it begins with one. */
static bool load(void) {
    (void)write_register(CMD, CMD_SOFT_RESET);
    wait_us(RESET_US);
    is_loaded = write_register(PWR_CONF, PWR_CONF_NO_POWER_SAVE);
    wait_us(POWER_SAVE_US);
    is_loaded = is_loaded && write_register(INIT_CTRL, INIT_CTRL_LOAD) && write_config() &&
                write_register(INIT_CTRL, INIT_CTRL_END);
    for (uint32_t i = 0; is_loaded && i < INIT_LOOKS; i++) {
        wait_us(INIT_LOOK_US);
        if (says_that_it_is_loaded()) {
            return true;
        }
    }
    is_loaded = false;
    return false;
}

static tm_sensor_result imu_wake(void) {
    const tm_sensor_result result = tm_i2c_ask_who(ADDRESS, CHIP_ID, CHIP_ID_BMI270);
    if (result != TM_SENSOR_RUNS) {
        return result;
    }
    return (is_loaded && says_that_it_is_loaded()) || load() ? TM_SENSOR_RUNS : TM_SENSOR_STUCK;
}

static uint8_t imu_odr_of(uint32_t rate_hz) {
    uint8_t found = ODR_FIRST;
    while (found < ODR_LAST && rate_of(found) < rate_hz * 1000u) {
        found++;
    }
    return found;
}

/* Rows go into the FIFO when what runs is ready. */
static tm_i2c_state imu_set_up(void) {
    const uint8_t power =
        (uint8_t)((accel.runs ? PWR_CTRL_ACC : 0u) | (gyro.runs ? PWR_CTRL_GYR : 0u));
    const uint8_t into_fifo =
        (uint8_t)((accel.runs ? FIFO_CONFIG_1_ACC : 0u) | (gyro.runs ? FIFO_CONFIG_1_GYR : 0u));
    const tm_i2c_register before[] = {
        {FIFO_CONFIG_1, 0},
        {PWR_CTRL, 0},
        {ACC_CONF, (uint8_t)(ACC_CONF_PERFORMANCE_NORMAL | odr)},
        {ACC_RANGE, accel.range},
        {GYR_CONF, (uint8_t)(GYR_CONF_PERFORMANCE_NORMAL | odr)},
        {GYR_RANGE, gyro.range},
        {FIFO_CONFIG_0, FIFO_CONFIG_0_STREAM},
        {PWR_CTRL, power},
    };
    const tm_i2c_register then[] = {{CMD, CMD_FIFO_FLUSH}, {FIFO_CONFIG_1, into_fifo}};
    tm_i2c_state state = tm_i2c_write_registers(ADDRESS, before, sizeof before / sizeof before[0]);
    if (power != 0 && state == TM_I2C_DONE) {
        wait_us(gyro.runs ? GYR_START_UP_US : ACC_START_UP_US);
        state = tm_i2c_write_registers(ADDRESS, then, sizeof then / sizeof then[0]);
    }
    return state;
}

TM_IMU_SENSOR(tm_bmi270_accel, accel, "g", ranges_of_accel);
TM_IMU_SENSOR(tm_bmi270_gyro, gyro, "dps", ranges_of_gyro);
