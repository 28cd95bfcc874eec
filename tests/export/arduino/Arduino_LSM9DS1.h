/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDIN_IMU_H
#define STANDIN_IMU_H

class StandinImu {
  public:
    int begin() { return 1; }
    float accelerationSampleRate() { return 104.0f; }
    int accelerationAvailable() { return 1; }
    int gyroscopeAvailable() { return 1; }
    int readAcceleration(float &x, float &y, float &z) { return next(x, y, z); }
    int readGyroscope(float &x, float &y, float &z) { return next(x, y, z); }

  private:
    int next(float &x, float &y, float &z) {
        x = static_cast<float>(++count % 7) / 7.0f;
        y = 0.5f;
        z = 1.0f;
        return 1;
    }
    int count = 0;
};
extern StandinImu IMU;

#endif
