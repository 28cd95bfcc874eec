/* SPDX-License-Identifier: Apache-2.0
 *
 * A call every 5 ms by alarm 0 of the timer, which goes on while the core sleeps.
 *
 * Registers touched here:
 *   RESETS (DS 2.14), by tm_reset_blocks
 *   WATCHDOG 0x40058000 (DS 4.7): TICK 0x2C
 *   TIMER 0x40054000 (DS 4.6): ALARM0 0x10, TIMERAWL 0x28, INTR 0x34, INTE 0x38
 *
 * It counts microseconds, made of the reference clock, and never starts anew: the next call's time
 * is the last one's and 5 ms. */
#include <stdbool.h>

#include "tm_interrupts.h"
#include "tm_port.h"
#include "tm_rp2040.h"
#include "tm_tick_list.h"

#define RESETS_TIMER (1u << 21)
#define WATCHDOG_TICK 0x4005802Cu
#define WATCHDOG_TICK_ENABLE (1u << 9)
#define TIMER_ALARM0 0x40054010u
#define TIMER_TIMERAWL 0x40054028u
#define TIMER_INTR 0x40054034u
#define TIMER_INTE 0x40054038u
#define TIMER_INT_ALARM0 1u

uint32_t tm_port_ticks_us(void) { return TM_REG(TIMER_TIMERAWL); }

/* An alarm fires when the time is equal to it: one that is over would fire after 71 minutes. */
static void next_tick(void) {
    uint32_t left;
    do {
        TM_REG(TIMER_ALARM0) += TM_PORT_TICK_US;
        left = TM_REG(TIMER_ALARM0) - TM_REG(TIMER_TIMERAWL);
    } while (left - 2u >= TM_PORT_TICK_US);
}

static void ticks_on(void) {
    TM_REG(WATCHDOG_TICK) = WATCHDOG_TICK_ENABLE | tm_reference_hz() / 1000000u;
    (void)tm_reset_blocks(RESETS_TIMER);
    TM_REG(TIMER_INTR) = TIMER_INT_ALARM0;
    TM_REG(TIMER_ALARM0) = TM_REG(TIMER_TIMERAWL);
    next_tick();
    TM_REG(TIMER_INTE) = TIMER_INT_ALARM0;
    tm_interrupt_on(TM_INTERRUPT_TIMER0);
}

void TM_INTERRUPT(TM_INTERRUPT_TIMER0)(void);

void TM_INTERRUPT(TM_INTERRUPT_TIMER0)(void) {
    TM_REG(TIMER_INTR) = TIMER_INT_ALARM0;
    next_tick();
    ticks_tell();
}
