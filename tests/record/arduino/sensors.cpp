/* SPDX-License-Identifier: Apache-2.0 */
#include "Arduino_LSM9DS1.h"
#include "PDM.h"

TimedImu IMU;
StandinPdm PDM;
