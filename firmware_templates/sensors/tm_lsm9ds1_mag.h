/* SPDX-License-Identifier: Apache-2.0
 *
 * ST LSM9DS1: its magnetometer, which is a chip of its own in the package. */
#ifndef TM_LSM9DS1_MAG_H
#define TM_LSM9DS1_MAG_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_lsm9ds1_mag; /* x, y, z in gauss: 4, 8, 12, 16; 5 to 80 Hz */

#ifdef __cplusplus
}
#endif

#endif
