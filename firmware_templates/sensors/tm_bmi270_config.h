/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written into a BMI270 after each reset. It is Bosch's, and not in the toolkit:
 * tm_bmi270_config.c is generated from the file that tinyml.toml names as bmi270_config. */
#ifndef TM_BMI270_CONFIG_H
#define TM_BMI270_CONFIG_H

#include <stdint.h>

#define TM_BMI270_CONFIG_BYTES 8192u

extern const uint8_t tm_bmi270_config[TM_BMI270_CONFIG_BYTES];

#endif
