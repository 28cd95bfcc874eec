/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_adc.h"

#include <stdbool.h>

#include "tm_port_adc.h"
#include "tm_sensor_ring.h"

/* A power of two: 0.13 s at 16 kHz, 2 s at 1 kHz. */
#ifndef TM_ANALOG_SAMPLES
#define TM_ANALOG_SAMPLES 2048u
#endif

static int16_t samples[TM_ANALOG_SAMPLES];
static tm_sensor_ring ring = {.rows = samples, .most = TM_ANALOG_SAMPLES, .channels = 1};
static bool runs;
static uint32_t rate_mhz_now;

static void take(const int16_t *block, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        tm_sensor_ring_put(&ring, &block[i]);
    }
}

static void stop(void) {
    if (runs) {
        tm_port_adc_stop();
        runs = false;
    }
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is) {
    tm_port_adc_setting of_port;
    (void)range;
    stop();
    tm_sensor_ring_clear(&ring);
    runs = true;
    tm_port_adc_start(rate_hz, take, &of_port);
    is->rate_mhz = rate_mhz_now = of_port.rate_mhz;
    is->range = of_port.range_mv;
    is->scale = (float)of_port.range_mv / (float)of_port.counts;
    return TM_SENSOR_RUNS;
}

static uint32_t take_samples(int16_t *rows, uint32_t most) {
    return tm_sensor_ring_take(&ring, rows, most);
}

static uint32_t rate_mhz(void) { return runs ? rate_mhz_now : 0; }

static uint32_t lost(void) { return tm_sensor_ring_lost(&ring, tm_port_adc_lost()); }

const tm_sensor tm_adc_analog = {.name = "analog",
                                 .unit = "mV",
                                 .channels = 1,
                                 .start = start,
                                 .read = take_samples,
                                 .lost = lost,
                                 .stop = stop,
                                 .rate_mhz = rate_mhz};
