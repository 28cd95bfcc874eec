/* SPDX-License-Identifier: Apache-2.0
 *
 * ST LSM9DS1: accelerometer and gyroscope, which share a FIFO.
 *
 * When both run they have one rate, the one that was asked for last. A start or stop of one begins
 * both anew: from then on rows at the same place are of the same moment. */
#ifndef TM_LSM9DS1_H
#define TM_LSM9DS1_H

#include "tm_lsm9ds1_mag.h"
#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_lsm9ds1_accel; /* x, y, z in g: 2, 4, 8, 16; 10 to 952 Hz */
extern const tm_sensor tm_lsm9ds1_gyro;  /* x, y, z in dps: 245, 500, 2000; 14.9 to 952 Hz */

#ifdef __cplusplus
}
#endif

#endif
