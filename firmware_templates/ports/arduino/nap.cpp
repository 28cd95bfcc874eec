/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_port_nap.h for the recorder, by Arduino's micros(). The library of the IMU keeps one row, so
 * that it has to be asked often: this is half a millisecond, and the core does not stop. Not yet
 * tried on hardware. */
#include <Arduino.h>

#include "tm_port_nap.h"

#define SHORT_US 500u

void tm_port_nap(uint32_t microseconds) {
    const uint32_t wanted = microseconds < SHORT_US ? microseconds : SHORT_US;
    const uint32_t start = static_cast<uint32_t>(micros());
    while (static_cast<uint32_t>(micros()) - start < wanted) {
    }
}

uint32_t tm_port_napped_us(void) { return 0; }
