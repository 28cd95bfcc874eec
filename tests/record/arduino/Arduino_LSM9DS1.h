/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for Arduino's library: rows that count, 104 a second by the computer's clock. */
#ifndef STANDIN_TIMED_IMU_H
#define STANDIN_TIMED_IMU_H

#include <stdint.h>

unsigned long micros();

class TimedRows {
  public:
    TimedRows(float of_a_count) : scale(of_a_count) {}
    int available() { return static_cast<uint32_t>(micros()) - read_us >= 1000000u / 104u; }
    int read(float &x, float &y, float &z) {
        read_us = static_cast<uint32_t>(micros());
        count++;
        x = static_cast<float>(count) * scale;
        y = static_cast<float>(-count) * scale;
        z = 1e9f; /* beyond the range */
        return 1;
    }

  private:
    float scale;
    uint32_t read_us = 0;
    int count = 0;
};

class TimedImu {
  public:
    int begin() { return 1; }
    float accelerationSampleRate() { return 104.0f; }
    float gyroscopeSampleRate() { return 104.0f; }
    int accelerationAvailable() { return accel.available(); }
    int gyroscopeAvailable() { return gyro.available(); }
    int readAcceleration(float &x, float &y, float &z) { return accel.read(x, y, z); }
    int readGyroscope(float &x, float &y, float &z) { return gyro.read(x, y, z); }

  private:
    TimedRows accel = TimedRows(4.0f / 32768.0f);
    TimedRows gyro = TimedRows(2000.0f / 32768.0f);
};
extern TimedImu IMU;

#endif
