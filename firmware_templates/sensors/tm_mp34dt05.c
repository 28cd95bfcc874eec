/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: MP34DT05-A data sheet, DS12293; MP34DT06J data sheet, DS12732: 1.2 to 3.25 MHz of clock,
 * awake within 10 ms, -26 dB of full scale at 94 dB SPL. */
#include "tm_mp34dt05.h"

#include <stdbool.h>

#include "tm_port_pdm.h"
#include "tm_sound.h"

/* What comes until it is awake, and the decimator has settled. */
#define SAMPLES_TO_WAKE (TM_PORT_PDM_HZ / 100u)
#define TENTH_BEL 1.1220184543f /* 10^(1/20) */

static int32_t gain;
static bool runs;

void tm_mp34dt05_gain(int32_t gain_db) {
    const int32_t most = tm_port_pdm_most_gain();
    gain = gain_db < 0 ? 0 : gain_db > most ? most : gain_db;
}

static void stop(void) {
    if (runs) {
        tm_port_pdm_stop();
        runs = false;
    }
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is) {
    (void)rate_hz;
    (void)range;
    stop();
    tm_sound_begin(SAMPLES_TO_WAKE, TM_PORT_PDM_HZ, is);
    for (int32_t i = 0; i < gain; i++) {
        is->scale /= TENTH_BEL;
    }
    runs = true;
    tm_port_pdm_start(gain, tm_sound_take);
    return TM_SENSOR_RUNS;
}

static uint32_t rate_mhz(void) { return runs ? TM_PORT_PDM_HZ * 1000u : 0; }

static uint32_t lost(void) { return tm_sound_lost(tm_port_pdm_lost()); }

const tm_sensor tm_mp34dt05_microphone = {.name = "microphone",
                                          .unit = "1",
                                          .channels = 1,
                                          .start = start,
                                          .read = tm_sound_read,
                                          .lost = lost,
                                          .stop = stop,
                                          .rate_mhz = rate_mhz};
