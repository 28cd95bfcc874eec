/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: SPW2430HR5H-B data sheet, revision A: -42 dBV at 94 dB SPL. The amplifier's gain is the
 * board's: with 75, as on the SparkFun Edge, a sine of 95 dB SPL reaches full scale. */
#include "tm_spw2430.h"

#include <stdbool.h>

#include "tm_port_mic.h"
#include "tm_sound.h"

static bool runs;

static void stop(void) {
    if (runs) {
        tm_port_mic_stop();
        runs = false;
    }
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is) {
    (void)rate_hz;
    (void)range;
    stop();
    tm_sound_begin(0, TM_PORT_MIC_HZ, is);
    runs = true;
    tm_port_mic_start(tm_sound_take);
    return TM_SENSOR_RUNS;
}

static uint32_t rate_mhz(void) { return runs ? TM_PORT_MIC_HZ * 1000u : 0; }

static uint32_t lost(void) { return tm_sound_lost(tm_port_mic_lost()); }

const tm_sensor tm_spw2430_microphone = {.name = "microphone",
                                         .unit = "1",
                                         .channels = 1,
                                         .start = start,
                                         .read = tm_sound_read,
                                         .lost = lost,
                                         .stop = stop,
                                         .rate_mhz = rate_mhz};
