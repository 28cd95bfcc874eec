/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sound.h"

#include "tm_sensor_ring.h"

/* Half a second; a power of two. */
#ifndef TM_MICROPHONE_SAMPLES
#define TM_MICROPHONE_SAMPLES 8192u
#endif

static int16_t ring_of[TM_MICROPHONE_SAMPLES];
static tm_sensor_ring ring = {.rows = ring_of, .most = TM_MICROPHONE_SAMPLES, .channels = 1};
static uint32_t passed_over; /* samples that are still left out */

void tm_sound_begin(uint32_t left_out, uint32_t rate_hz, tm_sensor_setting *is) {
    tm_sensor_ring_clear(&ring);
    passed_over = left_out;
    is->rate_mhz = rate_hz * 1000u;
    is->range = 1;
    is->scale = 1.0f / TM_SOUND_FULL_SCALE;
}

void tm_sound_take(const int16_t *samples, uint32_t count) {
    uint32_t first = 0;
    for (; first < count && passed_over > 0; first++) {
        passed_over--;
    }
    for (uint32_t i = first; i < count; i++) {
        tm_sensor_ring_put(&ring, &samples[i]);
    }
}

uint32_t tm_sound_read(int16_t *rows, uint32_t most) {
    return tm_sensor_ring_take(&ring, rows, most);
}

uint32_t tm_sound_lost(uint32_t of_port) { return tm_sensor_ring_lost(&ring, of_port); }
