/* SPDX-License-Identifier: Apache-2.0
 *
 * A call every 5 ms by timer A0.
 *
 * Registers touched here:
 *   CTIMER 0x40008000 (DS, Counter/Timer): TMR0 0x000, CMPRA0 0x004, CTRL0 0x00C, INTEN 0x200,
 *     INTSTAT 0x204, INTCLR 0x208 */
#include <stdbool.h>

#include "tm_cortex_m.h"
#include "tm_interrupts.h"
#include "tm_lock.h"
#include "tm_tick_list.h"

#define CTIMER_TMR0 0x40008000u /* the lower half is A0 */
#define CTIMER_CMPRA0 0x40008004u
#define CTIMER_CTRL0 0x4000800Cu
#define CTRL0_ENABLE 1u
#define CTRL0_CLOCK_3_MHZ (2u << 1) /* HFRC by 16 */
#define CTRL0_REPEATED (1u << 6)
#define CTRL0_INTERRUPT (1u << 9)
#define CTRL0_CLEAR (1u << 11)
#define CTIMER_INTEN 0x40008200u
#define CTIMER_INTSTAT 0x40008204u
#define CTIMER_INTCLR 0x40008208u
#define CTIMER_INT_A0 1u
#define COUNTS_A_TICK (3u * TM_PORT_TICK_US)

static volatile uint32_t turns;

/* A read while it counts may be wrong; two alike are not. */
static uint32_t counts(void) {
    uint32_t before, now = TM_REG(CTIMER_TMR0);
    do {
        before = now;
        now = TM_REG(CTIMER_TMR0);
    } while (now != before);
    return now & 0xFFFFu;
}

uint32_t tm_port_ticks_us(void) {
    const uint32_t lock = tm_lock();
    const uint32_t within = counts();
    const bool is_late =
        (TM_REG(CTIMER_INTSTAT) & CTIMER_INT_A0) != 0 && within < COUNTS_A_TICK / 2u;
    const uint32_t us = (turns + (is_late ? 1u : 0u)) * TM_PORT_TICK_US + within / 3u;
    tm_unlock(lock);
    return us;
}

static void ticks_on(void) {
    const uint32_t control = CTRL0_CLOCK_3_MHZ | CTRL0_REPEATED | CTRL0_INTERRUPT;
    TM_REG(CTIMER_CTRL0) = control | CTRL0_CLEAR;
    TM_REG(CTIMER_CMPRA0) = COUNTS_A_TICK - 1u;
    TM_REG(CTIMER_INTCLR) = CTIMER_INT_A0;
    TM_REG(CTIMER_INTEN) |= CTIMER_INT_A0;
    tm_interrupt_on(TM_INTERRUPT_CTIMER);
    TM_REG(CTIMER_CTRL0) = control | CTRL0_ENABLE;
}

void TM_INTERRUPT(TM_INTERRUPT_CTIMER)(void);

void TM_INTERRUPT(TM_INTERRUPT_CTIMER)(void) {
    TM_REG(CTIMER_INTCLR) = CTIMER_INT_A0;
    turns = turns + 1u;
    ticks_tell();
}
