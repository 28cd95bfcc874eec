/* SPDX-License-Identifier: Apache-2.0
 *
 * Knowles SPW2430HR5H-B: an analog microphone, behind an amplifier and on a converter. */
#ifndef TM_SPW2430_H
#define TM_SPW2430_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_spw2430_microphone; /* one channel, full scale 1; 16 kHz */

#ifdef __cplusplus
}
#endif

#endif
