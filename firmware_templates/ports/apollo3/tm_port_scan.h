/* SPDX-License-Identifier: Apache-2.0
 *
 * The ADC of the Apollo3 Blue: one of its channels at equal times, for tm_port_adc.c and
 * tm_port_mic.c. There is one ADC: who starts last has it. */
#ifndef TM_PORT_SCAN_H
#define TM_PORT_SCAN_H

#include <stdint.h>

/* Counts of 14 bits of the reference. */
#define TM_SCAN_FULL_SCALE_MV 2000u
#define TM_SCAN_FULL_SCALE_COUNTS 16384u
#define TM_SCAN_SUPPLY_BY_3 13u

/* Powers the ADC up, and the pad's digital half down. Every scan needs it before. */
void tm_scan_on(uint32_t pad);
/* What a count becomes: factor * (count - rest), cut off at 16 bits. */
typedef struct {
    int32_t rest;
    int32_t factor;
} tm_scan_scale;

/* Starts at the lowest rate there is that is no lower than rate_hz, 1 to 16000; returns it in mHz.
 * From then on an interrupt calls take with the next samples, 12 or one, gone when it returns. */
uint32_t tm_scan_start(uint32_t channel, uint32_t rate_hz, tm_scan_scale scale,
                       void (*take)(const int16_t *samples, uint32_t count));
/* How many were lost since the start, because the interrupt came too late. */
uint32_t tm_scan_lost(void);
void tm_scan_stop(void);

#endif
