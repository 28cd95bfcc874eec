/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_i2c_fifo.h"

#include "tm_port_ticks.h"
#include "tm_rows_due.h"

void tm_i2c_fifo_begin(tm_i2c_fifo *fifo, uint32_t bytes_a_row, uint32_t rate_mhz,
                       uint32_t unsettled) {
    fifo->bytes_a_row = bytes_a_row;
    fifo->rate_mhz = rate_mhz;
    fifo->unsettled = unsettled;
    fifo->waiting = 0;
    fifo->us_when_asked = tm_port_ticks_us();
    tm_i2c_poll_begin(&fifo->poll);
}

static void read_rows(tm_i2c_fifo *fifo) {
    if (fifo->waiting > 0 && fifo->poll.runs) {
        const uint32_t most = fifo->rows_at_once;
        const uint32_t rows = fifo->waiting < most ? fifo->waiting : most;
        fifo->poll.then->in_bytes = (uint16_t)(rows * fifo->bytes_a_row);
        tm_port_i2c_start(fifo->poll.then);
    }
}

uint32_t tm_i2c_fifo_unread(const tm_i2c_fifo *fifo) {
    return fifo->waiting + tm_rows_due(fifo->us_when_asked, fifo->rate_mhz);
}

/* Of what was overwritten, rows that would be left out are no loss. */
uint32_t tm_i2c_fifo_found(tm_i2c_fifo *fifo, uint32_t rows, bool is_full) {
    uint32_t overwritten = 0;
    if (is_full) {
        const uint32_t came = tm_i2c_fifo_unread(fifo);
        overwritten = came > rows ? came - rows : 0;
    }
    const uint32_t left_out = overwritten < fifo->unsettled ? overwritten : fifo->unsettled;
    fifo->unsettled -= left_out;
    fifo->waiting = rows;
    fifo->us_when_asked = fifo->poll.asked_at_us;
    read_rows(fifo);
    return overwritten - left_out;
}

uint32_t tm_i2c_fifo_came(const tm_i2c_fifo *fifo) {
    const tm_i2c_transfer *const then = fifo->poll.then;
    return then->state == TM_I2C_DONE ? then->in_bytes / fifo->bytes_a_row : 0;
}

bool tm_i2c_fifo_leaves_out(tm_i2c_fifo *fifo) {
    if (fifo->unsettled == 0) {
        return false;
    }
    fifo->unsettled--;
    return true;
}

/* Behind a read that went wrong the next tick asks again. */
void tm_i2c_fifo_go_on(tm_i2c_fifo *fifo) {
    if (fifo->poll.then->state == TM_I2C_DONE) {
        fifo->waiting -= tm_i2c_fifo_came(fifo);
        read_rows(fifo);
    }
}
