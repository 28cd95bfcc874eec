/* SPDX-License-Identifier: Apache-2.0
 *
 * The microphone by Arduino's library PDM, which calls when samples came: an interrupt. Source:
 * docs.arduino.cc, PDM library. Not yet tried on hardware. */
#include "board_config.h"

#ifdef TM_ARDUINO_MICROPHONE
#include <PDM.h>

#include "tm_arduino_sensors.h"

/* A quarter of a second at 16 kHz; a power of two. */
#define KEPT 4096u
#define AT_ONCE 256u
#define FULL_SCALE 32768.0f

static volatile int16_t kept[KEPT];
static volatile uint32_t written, missed;
static volatile uint32_t taken;
static uint32_t told;
static bool is_on;
static uint32_t rate_now;

static void receive() {
    static int16_t samples[AT_ONCE];
    int bytes = PDM.available();
    while (bytes > 0) {
        const int most = static_cast<int>(sizeof samples);
        const int got = PDM.read(samples, bytes < most ? bytes : most);
        if (got <= 0) {
            return;
        }
        for (int i = 0; i < got / 2; i++) {
            if (written - taken < KEPT) {
                kept[written & (KEPT - 1u)] = samples[i];
                written = written + 1u;
            } else {
                missed = missed + 1u;
            }
        }
        bytes -= got;
    }
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t, tm_sensor_setting *is) {
    if (is_on) {
        PDM.end();
    }
    taken = written;
    told = missed;
    PDM.onReceive(receive);
    is_on = PDM.begin(1, static_cast<int>(rate_hz));
    is->rate_mhz = rate_now = rate_hz * 1000u;
    is->range = 1;
    is->scale = 1.0f / FULL_SCALE;
    return is_on ? TM_SENSOR_RUNS : TM_SENSOR_ABSENT;
}

static uint32_t read(int16_t *rows, uint32_t most) {
    uint32_t count = 0;
    while (count < most && taken != written) {
        rows[count++] = kept[taken & (KEPT - 1u)];
        taken = taken + 1u;
    }
    return count;
}

static uint32_t lost() {
    const uint32_t now = missed;
    const uint32_t since = now - told;
    told = now;
    return since;
}

static void stop() {
    if (is_on) {
        PDM.end();
    }
    is_on = false;
}

static uint32_t rate() { return is_on ? rate_now : 0; }

const tm_sensor tm_arduino_microphone = {"microphone", "1", 1, start, read, lost, stop, rate};
#endif
