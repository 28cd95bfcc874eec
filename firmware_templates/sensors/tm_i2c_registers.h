/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip's registers over I2C, one at a time and waiting for it: for setting a sensor up. */
#ifndef TM_I2C_REGISTERS_H
#define TM_I2C_REGISTERS_H

#include <stdint.h>

#include "tm_port_i2c.h"
#include "tm_sensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint8_t number, value;
} tm_i2c_register;

tm_i2c_state tm_i2c_read_register(uint8_t address, uint8_t number, uint8_t *value);
tm_i2c_state tm_i2c_write_register(uint8_t address, uint8_t number, uint8_t value);
/* Writes bytes, the first of which is the register's number. */
tm_i2c_state tm_i2c_write(uint8_t address, const uint8_t *bytes, uint8_t count);
/* Writes all of a list; ends at the first that goes wrong. */
tm_i2c_state tm_i2c_write_registers(uint8_t address, const tm_i2c_register *list, uint32_t count);
/* Asks who is there: TM_SENSOR_RUNS if the register has this value. */
tm_sensor_result tm_i2c_ask_who(uint8_t address, uint8_t number, uint8_t expected);

#ifdef __cplusplus
}
#endif

#endif
