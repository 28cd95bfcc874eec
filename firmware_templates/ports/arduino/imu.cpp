/* SPDX-License-Identifier: Apache-2.0
 *
 * Accelerometer and gyroscope by Arduino's library, which chooses rate and range; of the board's
 * config: TM_ARDUINO_IMU, its header. Source: the README of Arduino_LSM9DS1 and that of
 * Arduino_BMI270_BMM150: 4 g and 2000 dps, numbers are counts * range / 32768. The library does not
 * tell of rows that it lost; the rate by the board's clock does. Not yet tried on hardware. */
#include "board_config.h"

#ifdef TM_ARDUINO_IMU
#include TM_ARDUINO_IMU

#include "tm_arduino_sensors.h"

#define ACCEL_G 4u
#define GYRO_DPS 2000u
#define FULL_SCALE 32768.0f
#define AXES 3u

static bool is_on;
static uint32_t accel_mhz, gyro_mhz;

static tm_sensor_result start(uint32_t range, float hz, uint32_t *mhz, tm_sensor_setting *is) {
    is->rate_mhz = *mhz = static_cast<uint32_t>(hz * 1000.0f + 0.5f);
    is->range = range;
    is->scale = static_cast<float>(range) / FULL_SCALE;
    return TM_SENSOR_RUNS;
}

static bool begins() {
    is_on = is_on || IMU.begin();
    return is_on;
}

static int16_t count_of(float value, uint32_t range) {
    const float count = value * FULL_SCALE / static_cast<float>(range);
    if (count >= FULL_SCALE - 1.0f) {
        return 32767;
    }
    if (count <= -FULL_SCALE) {
        return -32768;
    }
    return static_cast<int16_t>(count < 0.0f ? count - 0.5f : count + 0.5f);
}

static void put(int16_t *row, const float *values, uint32_t range) {
    for (uint32_t i = 0; i < AXES; i++) {
        row[i] = count_of(values[i], range);
    }
}

static tm_sensor_result start_accel(uint32_t, uint32_t, tm_sensor_setting *is) {
    return begins() ? start(ACCEL_G, IMU.accelerationSampleRate(), &accel_mhz, is)
                    : TM_SENSOR_ABSENT;
}

static tm_sensor_result start_gyro(uint32_t, uint32_t, tm_sensor_setting *is) {
    return begins() ? start(GYRO_DPS, IMU.gyroscopeSampleRate(), &gyro_mhz, is) : TM_SENSOR_ABSENT;
}

/* The library keeps one row: more than one at once is never there. */
static uint32_t read_accel(int16_t *rows, uint32_t most) {
    float values[AXES];
    if (most == 0 || !IMU.accelerationAvailable() ||
        !IMU.readAcceleration(values[0], values[1], values[2])) {
        return 0;
    }
    put(rows, values, ACCEL_G);
    return 1;
}

static uint32_t read_gyro(int16_t *rows, uint32_t most) {
    float values[AXES];
    if (most == 0 || !IMU.gyroscopeAvailable() ||
        !IMU.readGyroscope(values[0], values[1], values[2])) {
        return 0;
    }
    put(rows, values, GYRO_DPS);
    return 1;
}

static uint32_t lost() { return 0; }

static void stop() {}

static uint32_t rate_of_accel() { return accel_mhz; }

static uint32_t rate_of_gyro() { return gyro_mhz; }

const tm_sensor tm_arduino_accel = {"accel",    "g",  AXES, start_accel,
                                    read_accel, lost, stop, rate_of_accel};
const tm_sensor tm_arduino_gyro = {"gyro",    "dps", AXES, start_gyro,
                                   read_gyro, lost,  stop, rate_of_gyro};
#endif
