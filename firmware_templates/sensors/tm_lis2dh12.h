/* SPDX-License-Identifier: Apache-2.0
 *
 * ST LIS2DH12: accelerometer, at its 12 bits. */
#ifndef TM_LIS2DH12_H
#define TM_LIS2DH12_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_lis2dh12_accel; /* x, y, z in g: 2, 4, 8, 16; 1 to 400 Hz */

#ifdef __cplusplus
}
#endif

#endif
