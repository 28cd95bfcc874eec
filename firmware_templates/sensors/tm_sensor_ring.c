/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sensor_ring.h"

/* For the compiler: a row is there before its number says so, and taken before its place is given
 * back. */
static inline void keep_order(void) { __asm volatile("" ::: "memory"); }

void tm_sensor_ring_clear(tm_sensor_ring *ring) {
    ring->taken = ring->written;
    ring->told = ring->lost;
}

void tm_sensor_ring_drop(tm_sensor_ring *ring) {
    ring->lost = ring->lost + (ring->written - ring->taken);
    ring->taken = ring->written;
}

void tm_sensor_ring_put(tm_sensor_ring *ring, const int16_t *row) {
    const uint32_t place = ring->written;
    if (place - ring->taken == ring->most) {
        ring->lost = ring->lost + 1u;
        return;
    }
    int16_t *const to = ring->rows + (place & (ring->most - 1u)) * ring->channels;
    keep_order();
    for (uint32_t i = 0; i < ring->channels; i++) {
        to[i] = row[i];
    }
    keep_order();
    ring->written = place + 1u;
}

void tm_sensor_ring_lose(tm_sensor_ring *ring, uint32_t rows) { ring->lost = ring->lost + rows; }

uint32_t tm_sensor_ring_take(tm_sensor_ring *ring, int16_t *rows, uint32_t most) {
    const uint32_t place = ring->taken, waiting = ring->written - place;
    const uint32_t count = waiting < most ? waiting : most;
    keep_order();
    for (uint32_t row = 0; row < count; row++) {
        const int16_t *const from =
            ring->rows + ((place + row) & (ring->most - 1u)) * ring->channels;
        for (uint32_t i = 0; i < ring->channels; i++) {
            *rows++ = from[i];
        }
    }
    keep_order();
    ring->taken = place + count;
    return count;
}

uint32_t tm_sensor_ring_lost(tm_sensor_ring *ring, uint32_t of_port) {
    const uint32_t now = ring->lost + of_port, more = now - ring->told;
    ring->told = now;
    return more;
}
