/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring between one interrupt, which writes, and the main loop, which reads. Each index and each
 * count has one writer, so nothing has to be locked. */
#include "tm_receive.h"

#include <stdbool.h>

#include "tm_port.h"

/* A power of two: the counters go round at 2^32. 89 ms of the line at 115200 baud. */
#define RING_BYTES 1024u

static volatile uint8_t ring[RING_BYTES];
static volatile uint32_t written; /* these three are the interrupt's */
static volatile tm_losses lost;
static bool has_hole;
static volatile uint32_t taken; /* these two are the main loop's */
static tm_losses told;

static bool put(uint8_t byte) {
    if (written - taken == RING_BYTES) {
        return false;
    }
    ring[written % RING_BYTES] = byte;
    written = written + 1u;
    return true;
}

void tm_received(uint8_t byte) {
    if (has_hole) {
        has_hole = !put(TM_PORT_HOLE);
    }
    if (has_hole || !put(byte)) {
        lost.full = lost.full + 1u;
        has_hole = true;
    }
}

void tm_count_losses(const tm_losses *more) {
    lost.overrun = lost.overrun + more->overrun;
    lost.framing = lost.framing + more->framing;
    lost.noise = lost.noise + more->noise;
    lost.breaks = lost.breaks + more->breaks;
}

void tm_received_badly(const tm_losses *more) {
    tm_count_losses(more);
    has_hole = true;
}

static inline int next_byte(void) {
    if (taken == written) {
        return -1;
    }
    const uint8_t byte = ring[taken % RING_BYTES];
    taken = taken + 1u;
    return byte;
}

bool tm_received_waits(void) { return taken != written; }

__attribute__((weak)) bool tm_received_any(void) { return tm_received_waits(); }

int tm_received_next(void) { return next_byte(); }

__attribute__((weak)) int tm_port_read(void) { return next_byte(); }

/* The counts only grow, so that the interrupt may come at any place in here. */
static uint32_t more_than_told(volatile const uint32_t *count, uint32_t *before) {
    const uint32_t now = *count;
    const uint32_t more = now - *before;
    *before = now;
    return more;
}

tm_losses tm_port_losses(void) {
    const tm_losses more = {
        .full = more_than_told(&lost.full, &told.full),
        .overrun = more_than_told(&lost.overrun, &told.overrun),
        .framing = more_than_told(&lost.framing, &told.framing),
        .noise = more_than_told(&lost.noise, &told.noise),
        .breaks = more_than_told(&lost.breaks, &told.breaks),
    };
    return more;
}
