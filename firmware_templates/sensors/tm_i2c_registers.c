/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_i2c_registers.h"

#include <stddef.h>

static tm_i2c_state run(tm_i2c_transfer *transfer) {
    tm_port_i2c_start(transfer);
    return tm_port_i2c_wait(transfer);
}

tm_i2c_state tm_i2c_read_register(uint8_t address, uint8_t number, uint8_t *value) {
    tm_i2c_transfer transfer = {
        .address = address, .out = &number, .out_bytes = 1, .in = value, .in_bytes = 1};
    return run(&transfer);
}

tm_i2c_state tm_i2c_write(uint8_t address, const uint8_t *bytes, uint8_t count) {
    tm_i2c_transfer transfer = {.address = address, .out = bytes, .out_bytes = count};
    return run(&transfer);
}

tm_i2c_state tm_i2c_write_register(uint8_t address, uint8_t number, uint8_t value) {
    const uint8_t bytes[2] = {number, value};
    return tm_i2c_write(address, bytes, sizeof bytes);
}

tm_i2c_state tm_i2c_write_registers(uint8_t address, const tm_i2c_register *list, uint32_t count) {
    tm_i2c_state state = TM_I2C_DONE;
    for (uint32_t i = 0; i < count && state == TM_I2C_DONE; i++) {
        state = tm_i2c_write_register(address, list[i].number, list[i].value);
    }
    return state;
}

tm_sensor_result tm_i2c_ask_who(uint8_t address, uint8_t number, uint8_t expected) {
    uint8_t found = 0;
    switch (tm_i2c_read_register(address, number, &found)) {
    case TM_I2C_DONE:
        return found == expected ? TM_SENSOR_RUNS : TM_SENSOR_UNKNOWN;
    case TM_I2C_REFUSED:
        return TM_SENSOR_ABSENT;
    default:
        return TM_SENSOR_STUCK;
    }
}
