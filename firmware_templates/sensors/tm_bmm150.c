/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: BMM150 data sheet, BST-BMM150-DS001-01 Rev 1.0 (DS) 4.2 and 5. It has no FIFO: a row
 * stands for 33 ms at its highest rate, and is read with its status every 5 ms.
 *
 * What it measures is compensated by numbers that each chip has in registers 0x5D to 0x71, and by
 * the resistance of its Hall plate. DS 4.3.2 refers to Bosch's public API for that: the formulas
 * here are those of its version in real numbers. */
#include "tm_bmm150.h"

#include <stdbool.h>
#include <stddef.h>

#include "board_config.h"
#include "tm_i2c_registers.h"
#include "tm_one_row.h"
#include "tm_port.h"
#include "tm_port_i2c.h"
#include "tm_port_ticks.h"

#define CHIP_ID 0x40u
#define CHIP_ID_BMM150 0x32u
#define DATA_X_LSB 0x42u
#define DATA_BYTES 9u /* x, y, z, Hall resistance, and 0x4A, the interrupts' status */
#define HALL_LSB_READY 0x01u
#define STATUS_OVERRUN 0x80u
#define POWER 0x4Bu
#define POWER_ON 0x01u
#define OPERATION 0x4Cu
#define OPERATION_NORMAL 0x00u
#define OPERATION_SLEEP 0x06u
#define OPERATION_RATE_SHIFT 3u
#define INTERRUPTS 0x4Du
#define INTERRUPTS_OVERRUN 0xBFu /* on, and no threshold's */
#define REPETITIONS_XY 0x51u     /* 1 + 2 n */
#define REPETITIONS_Z 0x52u      /* 1 + n */
/* The preset "enhanced regular" (DS 4.2.4): 15 and 27 repetitions, 60 Hz at most. */
#define ENHANCED_XY 7u
#define ENHANCED_Z 26u
#define START_UP_MS 3u /* DS table 1: from suspend to sleep */
#define TRIM_FIRST 0x5Du
#define TRIM_BYTES 21u

#define ADDRESS TM_BMM150_MAG_ADDRESS
#define AXES 3u
#define CHANNELS 4u /* and the Hall resistance */
#define ROWS 32u    /* a second at the highest rate; a power of two */
#define COUNTS_A_UT 16.0f
#define GAUSS_A_COUNT (0.01f / COUNTS_A_UT)
#define RANGE_GAUSS 13u /* of x and y; 25 of z, of which 20 fit into 16 bits */

/* DS table 18: a rate, and what stands for it. */
static const uint8_t rates[][2] = {{2, 1},  {6, 2},  {8, 3},  {10, 0},
                                   {15, 4}, {20, 5}, {25, 6}, {30, 7}};
#define RATES 8u

/* Of the chip, by its registers: 0x5D x1, 0x5E y1, 0x62 z4, 0x64 x2, 0x65 y2, 0x68 z2, 0x6A z1,
 * 0x6C xyz1, 0x6E z3, 0x70 xy2, 0x71 xy1. */
typedef struct {
    float x1, y1, x2, y2, xy1, xy2, z1, z2, z3, z4, xyz1;
} trim_numbers;

static trim_numbers trim;
static int16_t rows[ROWS * CHANNELS];
static uint8_t bytes[DATA_BYTES];

static void row_is_there(void);
static const uint8_t first_register = DATA_X_LSB;
static tm_i2c_transfer transfer = {.address = ADDRESS,
                                   .out = &first_register,
                                   .out_bytes = 1,
                                   .in = bytes,
                                   .in_bytes = sizeof bytes,
                                   .done = row_is_there};
static tm_one_row one = {.poll = {.ask = &transfer},
                         .ring = {.rows = rows, .most = ROWS, .channels = CHANNELS}};

/* x and y have 13 bits and z 15, at the top of 16; the Hall resistance has 14. */
static void row_is_there(void) {
    if (transfer.state != TM_I2C_DONE || (bytes[6] & HALL_LSB_READY) == 0) {
        return;
    }
    int16_t row[CHANNELS];
    tm_i2c_row(bytes, row, AXES);
    row[0] = (int16_t)(row[0] >> 3);
    row[1] = (int16_t)(row[1] >> 3);
    row[2] = (int16_t)(row[2] >> 1);
    row[3] = (int16_t)(bytes[7] << 6 | bytes[6] >> 2);
    tm_one_row_put(&one, row, (bytes[8] & STATUS_OVERRUN) != 0);
}

static int16_t as_count(float microtesla) {
    const float count = microtesla * COUNTS_A_UT;
    if (count >= 32767.0f) {
        return 32767;
    }
    if (count <= -32768.0f) {
        return -32768;
    }
    return (int16_t)(count < 0 ? count - 0.5f : count + 0.5f);
}

static float x_or_y(float raw, float hall, float one, float two) {
    const float warm = trim.xyz1 * 16384.0f / hall - 16384.0f;
    const float gain = trim.xy2 * (warm * warm / 268435456.0f) + warm * trim.xy1 / 16384.0f;
    return (raw * (gain + 256.0f) * (two + 160.0f) / 8192.0f + one * 8.0f) / 16.0f;
}

static float z_of(float raw, float hall) {
    const float top = (raw - trim.z4) * 131072.0f - trim.z3 * (hall - trim.xyz1);
    return top / ((trim.z2 + trim.z1 * hall / 32768.0f) * 4.0f) / 16.0f;
}

/* A field that is too strong for the chip is the lowest number (DS 4.3.2): it stays the lowest. */
static void compensate(const int16_t *raw, int16_t *row) {
    const float hall = raw[3] != 0 ? (float)raw[3] : trim.xyz1;
    row[0] = raw[0] == -4096 ? INT16_MIN : as_count(x_or_y(raw[0], hall, trim.x1, trim.x2));
    row[1] = raw[1] == -4096 ? INT16_MIN : as_count(x_or_y(raw[1], hall, trim.y1, trim.y2));
    row[2] = raw[2] == -16384 ? INT16_MIN : as_count(z_of(raw[2], hall));
}

static float pair(const uint8_t *numbers, uint32_t number) {
    const uint8_t *const low = numbers + (number - TRIM_FIRST);
    return (float)(low[0] | low[1] << 8);
}

static float signed_pair(const uint8_t *numbers, uint32_t number) {
    const uint8_t *const low = numbers + (number - TRIM_FIRST);
    return (float)(int16_t)(low[0] | low[1] << 8);
}

static float signed_byte(const uint8_t *numbers, uint32_t number) {
    return (float)(int8_t)numbers[number - TRIM_FIRST];
}

static bool read_trim(void) {
    uint8_t numbers[TRIM_BYTES];
    for (uint32_t i = 0; i < TRIM_BYTES; i++) {
        if (tm_i2c_read_register(ADDRESS, (uint8_t)(TRIM_FIRST + i), numbers + i) != TM_I2C_DONE) {
            return false;
        }
    }
    trim.x1 = signed_byte(numbers, 0x5Du);
    trim.y1 = signed_byte(numbers, 0x5Eu);
    trim.z4 = signed_pair(numbers, 0x62u);
    trim.x2 = signed_byte(numbers, 0x64u);
    trim.y2 = signed_byte(numbers, 0x65u);
    trim.z2 = signed_pair(numbers, 0x68u);
    trim.z1 = pair(numbers, 0x6Au);
    trim.xyz1 = (float)((uint32_t)pair(numbers, 0x6Cu) & 0x7FFFu);
    trim.z3 = signed_pair(numbers, 0x6Eu);
    trim.xy2 = signed_byte(numbers, 0x70u);
    trim.xy1 = (float)numbers[0x71u - TRIM_FIRST];
    return true;
}

static void tick(void) { tm_i2c_poll_tick(&one.poll); }

static void stop(void) {
    if (one.poll.runs) {
        tm_i2c_poll_hold(&one.poll);
        (void)tm_i2c_write_register(ADDRESS, POWER, 0);
    }
}

static void wait_for_start_up(void) {
    const uint32_t start = tm_port_cycles();
    while (tm_port_cycles() - start < START_UP_MS * (tm_port_clock_hz / 1000u)) {
    }
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is) {
    (void)range;
    uint32_t rate = 0;
    while (rate + 1u < RATES && rates[rate][0] < rate_hz) {
        rate++;
    }
    tm_port_i2c_on();
    stop();
    if (!tm_port_ticks_call(tick)) {
        return TM_SENSOR_STUCK;
    }
    if (tm_i2c_write_register(ADDRESS, POWER, POWER_ON) == TM_I2C_REFUSED) {
        return TM_SENSOR_ABSENT;
    }
    wait_for_start_up();
    const tm_sensor_result who = tm_i2c_ask_who(ADDRESS, CHIP_ID, CHIP_ID_BMM150);
    if (who != TM_SENSOR_RUNS) {
        return who;
    }
    const uint8_t data_rate = (uint8_t)(rates[rate][1] << OPERATION_RATE_SHIFT);
    const tm_i2c_register list[] = {
        {OPERATION, OPERATION_SLEEP},
        {REPETITIONS_XY, ENHANCED_XY},
        {REPETITIONS_Z, ENHANCED_Z},
        {INTERRUPTS, INTERRUPTS_OVERRUN},
        {OPERATION, (uint8_t)(OPERATION_NORMAL | data_rate)},
    };
    if (!read_trim() ||
        tm_i2c_write_registers(ADDRESS, list, sizeof list / sizeof list[0]) != TM_I2C_DONE) {
        return TM_SENSOR_STUCK;
    }
    is->rate_mhz = 1000u * rates[rate][0];
    is->range = RANGE_GAUSS;
    is->scale = GAUSS_A_COUNT;
    tm_one_row_begin(&one, is->rate_mhz);
    return TM_SENSOR_RUNS;
}

static uint32_t take(int16_t *to, uint32_t most) {
    uint32_t count = 0;
    int16_t raw[CHANNELS];
    while (count < most && tm_sensor_ring_take(&one.ring, raw, 1) == 1u) {
        compensate(raw, to + AXES * count);
        count++;
    }
    return count;
}

static uint32_t lost(void) { return tm_sensor_ring_lost(&one.ring, 0); }

static uint32_t rate_mhz(void) { return one.poll.runs ? one.rate_mhz : 0; }

const tm_sensor tm_bmm150_mag = {.name = "mag",
                                 .unit = "gauss",
                                 .channels = AXES,
                                 .start = start,
                                 .read = take,
                                 .lost = lost,
                                 .stop = stop,
                                 .rate_mhz = rate_mhz};
