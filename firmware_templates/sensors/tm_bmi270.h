/* SPDX-License-Identifier: Apache-2.0
 *
 * Bosch BMI270: accelerometer and gyroscope, which share a FIFO.
 *
 * When both run they have one rate, the one that was asked for last. A start or stop of one begins
 * both anew: from then on rows at the same place are of the same moment. The first start writes
 * Bosch's configuration into the chip, and takes a third of a second. */
#ifndef TM_BMI270_H
#define TM_BMI270_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_bmi270_accel; /* x, y, z in g: 2, 4, 8, 16; 25 to 1600 Hz */
extern const tm_sensor tm_bmi270_gyro;  /* x, y, z in dps: 125 to 2000; 25 to 1600 Hz */

#ifdef __cplusplus
}
#endif

#endif
