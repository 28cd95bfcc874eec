/* SPDX-License-Identifier: Apache-2.0
 *
 * Bosch BMM150: a magnetometer. */
#ifndef TM_BMM150_H
#define TM_BMM150_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_bmm150_mag; /* x, y, z in gauss: 13 (z 20); 2 to 30 Hz */

#ifdef __cplusplus
}
#endif

#endif
