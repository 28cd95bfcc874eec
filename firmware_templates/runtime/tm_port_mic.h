/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's microphone, where it is an analog one behind an amplifier. A port that has one gives
 * this in tm_port_mic.c; it is in the firmware only if a file includes this header. */
#ifndef TM_PORT_MIC_H
#define TM_PORT_MIC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Samples a second. */
#define TM_PORT_MIC_HZ 16000u

/* Waits until the amplifier has settled, and starts. From then on an interrupt calls block with the
 * next samples, some 1 ms of them, gone when it returns: 0 is the voltage of silence, 32768 would
 * be 1 V at the converter above it. */
void tm_port_mic_start(void (*block)(const int16_t *samples, uint32_t count));
/* How many samples were lost since the start, because block was not called in time. */
uint32_t tm_port_mic_lost(void);
void tm_port_mic_stop(void);

#ifdef __cplusplus
}
#endif

#endif
