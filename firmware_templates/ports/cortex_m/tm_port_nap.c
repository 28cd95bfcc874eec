/* SPDX-License-Identifier: Apache-2.0
 *
 * Sleep, the same on every Cortex-M: WFI, not deep (SCR.SLEEPDEEP is 0 after reset), so that the
 * peripherals keep their clocks.
 *
 * WFI comes with the interrupts masked: one that is pending ends it, also if it came after the last
 * look (ARM DDI 0403E B1.5.19). It is served as soon as they are unmasked. */
#include "tm_port_nap.h"

#include "tm_cortex_m.h"
#include "tm_lock.h"
#include "tm_port.h"
#include "tm_port_ticks.h"
#include "tm_receive.h"
#include "tm_rest.h"

/* For so short a rest it stays awake: a nap that begins behind a tick is not a tick longer. */
#define AWAKE_US 200u

static uint32_t napped_us;

/* There to be called: its interrupt ends the sleep. */
static void tick(void) {}

/* Where the core's clock stops, its cycle counter does too (ARM DDI 0403E C1.8.3 leaves it open):
 * the timer of the ticks says how long it was. */
static void wait_for_interrupt(void) {
    const uint32_t before_us = tm_port_ticks_us();
    const uint32_t before = tm_port_cycles();
    __asm volatile("dsb\n\twfi\n\tisb" ::: "memory");
    const uint32_t us = tm_port_ticks_us() - before_us;
    tm_cycles_catch_up(before + us * (tm_port_clock_hz / 1000000u));
    napped_us += us;
}

/* Until an interrupt was served. */
static void nap_once(void) {
    const uint32_t lock = tm_lock();
    if (!tm_received_any()) {
        wait_for_interrupt();
    }
    tm_unlock(lock);
}

void tm_port_nap(uint32_t microseconds) {
    if (!tm_port_ticks_call(tick)) {
        return; /* no tick would end it */
    }
    const uint32_t start_us = tm_port_ticks_us();
    uint32_t over_us = 0;
    while (over_us < microseconds && !tm_received_any()) {
        if (microseconds - over_us > AWAKE_US) {
            nap_once();
            tm_rest_slept();
        }
        over_us = tm_port_ticks_us() - start_us;
    }
}

uint32_t tm_port_napped_us(void) { return napped_us; }
