/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's analog input. A port that has one gives this in tm_port_adc.c; it is in the firmware
 * only if a file includes this header. tm_adc.h is the same as a sensor.
 *
 * A timer paces the conversions, so that they are at equal times whatever the program does. */
#ifndef TM_PORT_ADC_H
#define TM_PORT_ADC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The highest rate that a port takes. */
#define TM_PORT_ADC_MOST_HZ 16000u

typedef struct {
    uint32_t rate_mhz; /* samples in 1000 seconds */
    uint32_t range_mv; /* the voltage that would be counts; the supply may limit the pin to less */
    uint32_t counts;
} tm_port_adc_setting;

/* Starts at the lowest rate of the port that is no lower than rate_hz, else at its highest. From
 * then on an interrupt calls take with the next samples, which are gone when it returns: those of
 * some 16 ms, or one. Waits for the input to be calibrated. */
void tm_port_adc_start(uint32_t rate_hz, void (*take)(const int16_t *samples, uint32_t count),
                       tm_port_adc_setting *is);
/* How many samples were lost since the start, because take was not called in time. */
uint32_t tm_port_adc_lost(void);
void tm_port_adc_stop(void);

#ifdef __cplusplus
}
#endif

#endif
