/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples of the board's one microphone between the interrupt that brings them and the main loop:
 * what the drivers of microphones share. */
#ifndef TM_SOUND_H
#define TM_SOUND_H

#include <stdint.h>

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TM_SOUND_FULL_SCALE 32768.0f

/* Begins anew, with no samples; the next so many are left out. Says what every microphone is set
 * to. While no interrupt writes. */
void tm_sound_begin(uint32_t left_out, uint32_t rate_hz, tm_sensor_setting *is);
/* For the interrupt. */
void tm_sound_take(const int16_t *samples, uint32_t count);
/* As read and lost of tm_sensor. of_port: how many the port lost since the beginning. */
uint32_t tm_sound_read(int16_t *rows, uint32_t most);
uint32_t tm_sound_lost(uint32_t of_port);

#ifdef __cplusplus
}
#endif

#endif
