/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a sketch for a while, with sensors that make something up. */
#include "Arduino.h"
#include "Arduino_LSM9DS1.h"
#include "PDM.h"

StandinSerial Serial;
StandinImu IMU;
StandinPdm PDM;

void delay(unsigned long) {}

static unsigned long now_us;
unsigned long micros() { return now_us; }

int main() {
    setup();
    for (int i = 0; i < 40; i++) {
        PDM.come(512);
        loop();
        now_us += 10000;
    }
    return 0;
}
