/* SPDX-License-Identifier: Apache-2.0
 *
 * ST MP34DT05-A and MP34DT06J: microphones with PDM output. */
#ifndef TM_MP34DT05_H
#define TM_MP34DT05_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_mp34dt05_microphone; /* one channel, full scale 1; 16 kHz */

/* The gain from the next start on, 0 to 20 dB; 0 without a call. */
void tm_mp34dt05_gain(int32_t gain_db);

#ifdef __cplusplus
}
#endif

#endif
