/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_one_row.h"

#include "tm_port_ticks.h"
#include "tm_rows_due.h"

void tm_one_row_begin(tm_one_row *one, uint32_t rate_mhz) {
    one->rate_mhz = rate_mhz;
    one->us_of_last = tm_port_ticks_us();
    tm_sensor_ring_clear(&one->ring);
    tm_i2c_poll_begin(&one->poll);
}

/* How many follows from the time: all that were due but this one, and one at the least. */
void tm_one_row_put(tm_one_row *one, const int16_t *row, bool was_overrun) {
    if (was_overrun) {
        const uint32_t came = tm_rows_due(one->us_of_last, one->rate_mhz);
        tm_sensor_ring_lose(&one->ring, came > 2u ? came - 1u : 1u);
    }
    one->us_of_last = one->poll.asked_at_us;
    tm_sensor_ring_put(&one->ring, row);
}
