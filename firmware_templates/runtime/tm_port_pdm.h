/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's microphone, by PDM. A port that has one gives this in tm_port_pdm.c; it is in the
 * firmware only if a file includes this header. */
#ifndef TM_PORT_PDM_H
#define TM_PORT_PDM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Samples of one channel a second. */
#define TM_PORT_PDM_HZ 16000u

/* Starts. From then on an interrupt calls block with the next samples, some 16 ms of them, that DMA
 * brought meanwhile; they are gone when the next ones are there. gain_db is the decimator's: what
 * is larger than 16 bits is cut off. */
void tm_port_pdm_start(int32_t gain_db, void (*block)(const int16_t *samples, uint32_t count));
/* How many samples were lost since the start, because block was not called in time. */
uint32_t tm_port_pdm_lost(void);
/* The largest gain in dB. */
int32_t tm_port_pdm_most_gain(void);
void tm_port_pdm_stop(void);

#ifdef __cplusplus
}
#endif

#endif
