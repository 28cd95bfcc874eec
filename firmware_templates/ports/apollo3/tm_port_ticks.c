/* SPDX-License-Identifier: Apache-2.0
 *
 * A call every 5 ms by timer A0, whose turns timer B0 counts: also those whose interrupt was late.
 *
 * Registers touched here:
 *   CTIMER 0x40008000 (DS, Counter/Timer): TMR0 0x000, CMPRA0 0x004, CTRL0 0x00C, INTEN 0x200,
 *     INTCLR 0x208 */
#include <stdbool.h>

#include "tm_cortex_m.h"
#include "tm_interrupts.h"
#include "tm_lock.h"
#include "tm_tick_list.h"

#define CTIMER_TMR0 0x40008000u /* the lower half is A0, the upper B0 */
#define CTIMER_CMPRA0 0x40008004u
#define CTIMER_CTRL0 0x4000800Cu
#define CTRL0_ENABLE 1u
#define CTRL0_CLOCK_3_MHZ (2u << 1) /* HFRC by 16 */
#define CTRL0_REPEATED (1u << 6)
#define CTRL0_INTERRUPT (1u << 9)
#define CTRL0_CLEAR ((1u << 11) | (1u << 27))
/* B0 runs on and counts A0's output. */
#define CTRL0_B_COUNTS_A ((6u << 22) | (20u << 17))
#define CTRL0_B_ENABLE (1u << 16)
#define CTIMER_INTEN 0x40008200u
#define CTIMER_INTCLR 0x40008208u
#define CTIMER_INT_A0 1u
#define COUNTS_A_TICK (3u * TM_PORT_TICK_US)
#define SETTLED_COUNTS 2u

static uint32_t turns; /* of A0; B0 has its lower 16 bits */

/* A read while they count may be wrong; two alike are not, but for the moment in which B0 follows a
 * turn. */
static uint32_t counts(void) {
    uint32_t before, now = TM_REG(CTIMER_TMR0);
    do {
        before = now;
        now = TM_REG(CTIMER_TMR0);
    } while (now != before || (now & 0xFFFFu) < SETTLED_COUNTS);
    return now;
}

uint32_t tm_port_ticks_us(void) {
    const uint32_t lock = tm_lock();
    const uint32_t now = (TM_REG(CTIMER_CTRL0) & CTRL0_ENABLE) != 0 ? counts() : 0;
    turns += (uint16_t)((now >> 16) - turns);
    const uint32_t us = turns * TM_PORT_TICK_US + (now & 0xFFFFu) / 3u;
    tm_unlock(lock);
    return us;
}

static void ticks_on(void) {
    const uint32_t control =
        CTRL0_CLOCK_3_MHZ | CTRL0_REPEATED | CTRL0_INTERRUPT | CTRL0_B_COUNTS_A;
    TM_REG(CTIMER_CTRL0) = control | CTRL0_CLEAR;
    TM_REG(CTIMER_CMPRA0) = COUNTS_A_TICK - 1u;
    TM_REG(CTIMER_INTCLR) = CTIMER_INT_A0;
    TM_REG(CTIMER_INTEN) |= CTIMER_INT_A0;
    tm_interrupt_on(TM_INTERRUPT_CTIMER);
    TM_REG(CTIMER_CTRL0) = control | CTRL0_ENABLE | CTRL0_B_ENABLE;
}

void TM_INTERRUPT(TM_INTERRUPT_CTIMER)(void);

void TM_INTERRUPT(TM_INTERRUPT_CTIMER)(void) {
    TM_REG(CTIMER_INTCLR) = CTIMER_INT_A0;
    (void)tm_port_ticks_us(); /* B0 goes round after 327 s */
    ticks_tell();
}
