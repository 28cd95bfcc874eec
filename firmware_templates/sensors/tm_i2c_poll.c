/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_i2c_poll.h"

#include <stddef.h>

#include "tm_port_ticks.h"

#define TICKS_OF_PATIENCE 8u

void tm_i2c_poll_begin(tm_i2c_poll *poll) {
    poll->ticks_of_this = 0;
    poll->runs = true;
}

static bool is_under_way(const tm_i2c_transfer *transfer) {
    return transfer != NULL && transfer->state == TM_I2C_UNDER_WAY;
}

void tm_i2c_poll_tick(tm_i2c_poll *poll) {
    if (is_under_way(poll->ask) || is_under_way(poll->then)) {
        if (++poll->ticks_of_this > TICKS_OF_PATIENCE) {
            tm_port_i2c_give_up();
        }
    } else if (poll->runs) {
        poll->ticks_of_this = 0;
        poll->asked_at_us = tm_port_ticks_us();
        tm_port_i2c_start(poll->ask);
    }
}

void tm_i2c_poll_hold(tm_i2c_poll *poll) {
    poll->runs = false;
    (void)tm_port_i2c_wait(poll->ask);
    if (poll->then != NULL) {
        (void)tm_port_i2c_wait(poll->then);
    }
}

void tm_i2c_row(const uint8_t *bytes, int16_t *row, uint32_t channels) {
    for (uint32_t i = 0; i < channels; i++) {
        row[i] = (int16_t)(uint16_t)(bytes[2u * i] | bytes[2u * i + 1u] << 8);
    }
}
