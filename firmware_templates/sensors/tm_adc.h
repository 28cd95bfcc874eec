/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's analog input, as a sensor. */
#ifndef TM_ADC_H
#define TM_ADC_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_adc_analog; /* one channel in mV; 1 to 16000 Hz, one range */

#ifdef __cplusplus
}
#endif

#endif
