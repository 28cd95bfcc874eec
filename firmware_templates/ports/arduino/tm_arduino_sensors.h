/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's sensors by Arduino's own libraries: what tm_sensors.h names in a sketch. */
#ifndef TM_ARDUINO_SENSORS_H
#define TM_ARDUINO_SENSORS_H

#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const tm_sensor tm_arduino_accel;      /* x, y, z in g, as the library sets the chip */
extern const tm_sensor tm_arduino_gyro;       /* x, y, z in dps */
extern const tm_sensor tm_arduino_microphone; /* one channel; full scale is 1 */

#ifdef __cplusplus
}
#endif

#endif
