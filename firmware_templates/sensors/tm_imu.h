/* SPDX-License-Identifier: Apache-2.0
 *
 * An accelerometer and a gyroscope in one chip, with one rate and one FIFO: what their drivers
 * share. The driver includes this, gives the functions and numbers that are only declared here, and
 * names its two sensors by TM_IMU_SENSOR. */
#ifndef TM_IMU_H
#define TM_IMU_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_i2c_fifo.h"
#include "tm_port_i2c.h"
#include "tm_port_ticks.h"
#include "tm_sensor.h"
#include "tm_sensor_ring.h"

#define IMU_AXES 3u
#define IMU_BYTES_A_PART (2u * IMU_AXES)

/* In the order of range; value is the chip's. */
typedef struct {
    uint32_t range;
    uint8_t value;
    float scale; /* units a count */
} imu_range;

/* One of the two sensors of the chip. */
typedef struct {
    bool runs;
    uint8_t range;
    tm_sensor_ring ring;
} imu_part;

static imu_part accel, gyro;
static tm_i2c_fifo fifo;
static uint8_t odr; /* the chip's number for the rate of both */

/* Asks who is there, and makes it ready to be set up. */
static tm_sensor_result imu_wake(void);
/* The odr of the lowest rate, of the parts that run, that is no lower than asked for. */
static uint8_t imu_odr_of(uint32_t rate_hz);
/* Rows in 1000 seconds by odr, of the parts that run. */
static uint32_t imu_rate_mhz(void);
static uint32_t imu_bytes_a_row(void);
/* Sets both parts as they are wanted now, with an empty FIFO. */
static tm_i2c_state imu_set_up(void);
/* How many rows are to be left out behind that. */
static uint32_t imu_unsettled(void);

static bool imu_runs(void) { return accel.runs || gyro.runs; }

static void imu_tick(void) { tm_i2c_poll_tick(&fifo.poll); }

/* While the poll is held: what a part has not handed out yet is lost when it begins anew. */
static void imu_lose_unread(imu_part *part, uint32_t in_fifo) {
    if (part->runs) {
        tm_sensor_ring_drop(&part->ring);
        tm_sensor_ring_lose(&part->ring, in_fifo);
    }
}

/* A chip that does not take its settings has no part that runs. */
static tm_i2c_state imu_begin(void) {
    const tm_i2c_state state = imu_set_up();
    if (state != TM_I2C_DONE) {
        accel.runs = gyro.runs = false;
    } else if (imu_runs()) {
        tm_i2c_fifo_begin(&fifo, imu_bytes_a_row(), imu_rate_mhz(), imu_unsettled());
    }
    return state;
}

/* A part that does not start leaves the other one as it was, with rows that are counted as lost. */
static tm_sensor_result imu_start(imu_part *part, const imu_range *ranges, uint32_t count,
                                  uint32_t rate_hz, uint32_t wanted, tm_sensor_setting *is) {
    uint32_t i = 0;
    while (i + 1u < count && ranges[i].range < wanted) {
        i++;
    }
    tm_port_i2c_on();
    if (!tm_port_ticks_call(imu_tick)) {
        return TM_SENSOR_STUCK;
    }
    tm_i2c_poll_hold(&fifo.poll);
    const tm_sensor_result result = imu_wake();
    if (result != TM_SENSOR_RUNS) {
        if (imu_runs()) {
            tm_i2c_poll_begin(&fifo.poll);
        }
        return result;
    }
    const uint32_t in_fifo = imu_runs() ? tm_i2c_fifo_unread(&fifo) : 0;
    imu_part *const other = part == &accel ? &gyro : &accel;
    const bool other_runs = other->runs;
    const uint8_t before = odr;
    imu_lose_unread(other, in_fifo);
    tm_sensor_ring_clear(&part->ring);
    part->runs = true;
    part->range = ranges[i].value;
    odr = imu_odr_of(rate_hz);
    is->rate_mhz = imu_rate_mhz();
    is->range = ranges[i].range;
    is->scale = ranges[i].scale;
    if (imu_begin() != TM_I2C_DONE) {
        other->runs = other_runs;
        odr = before;
        (void)imu_begin();
        return TM_SENSOR_STUCK;
    }
    return TM_SENSOR_RUNS;
}

static void imu_stop(imu_part *part) {
    if (part->runs) {
        tm_i2c_poll_hold(&fifo.poll);
        const uint32_t in_fifo = tm_i2c_fifo_unread(&fifo);
        part->runs = false;
        imu_lose_unread(part == &accel ? &gyro : &accel, in_fifo);
        (void)imu_begin();
    }
}

/* tm_sensor's functions have no argument that says which sensor they are of. */
#define TM_IMU_SENSOR(driver_s_name, part, its_unit, ranges)                                       \
    static tm_sensor_result start_##part(uint32_t rate_hz, uint32_t most, tm_sensor_setting *is) { \
        return imu_start(&(part), ranges, sizeof(ranges) / sizeof *(ranges), rate_hz, most, is);   \
    }                                                                                              \
    static uint32_t read_##part(int16_t *rows, uint32_t most) {                                    \
        return tm_sensor_ring_take(&(part).ring, rows, most);                                      \
    }                                                                                              \
    static uint32_t lost_##part(void) { return tm_sensor_ring_lost(&(part).ring, 0); }             \
    static void stop_##part(void) { imu_stop(&(part)); }                                           \
    static uint32_t rate_of_##part(void) { return (part).runs ? imu_rate_mhz() : 0; }              \
    const tm_sensor driver_s_name = {.name = #part,                                                \
                                     .unit = its_unit,                                             \
                                     .channels = IMU_AXES,                                         \
                                     .start = start_##part,                                        \
                                     .read = read_##part,                                          \
                                     .lost = lost_##part,                                          \
                                     .stop = stop_##part,                                          \
                                     .rate_mhz = rate_of_##part}

#endif
