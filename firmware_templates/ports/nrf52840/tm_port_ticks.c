/* SPDX-License-Identifier: Apache-2.0
 *
 * A call every 5 ms by TIMER1, which goes on while the core sleeps.
 *
 * Registers touched here:
 *   TIMER1 0x40009000 (PS 6.30): TASKS_START 0x000, TASKS_STOP 0x004, TASKS_CLEAR 0x00C,
 *     TASKS_CAPTURE[n] 0x040 + 4 n, EVENTS_COMPARE[n] 0x140 + 4 n, INTENSET 0x304, MODE 0x504,
 *     BITMODE 0x508, PRESCALER 0x510, CC[n] 0x540 + 4 n
 *
 * It counts microseconds and never starts anew: the next call's time is the last one's and 5 ms. */
#include <stdbool.h>

#include "tm_cortex_m.h"
#include "tm_interrupts.h"
#include "tm_tick_list.h"

#define TIMER1(offset) TM_REG(0x40009000u + (offset))
#define TIMER1_TASKS_START 0x000u
#define TIMER1_TASKS_STOP 0x004u
#define TIMER1_TASKS_CLEAR 0x00Cu
#define TIMER1_TASKS_CAPTURE(n) (0x040u + 4u * (n))
#define TIMER1_EVENTS_COMPARE(n) (0x140u + 4u * (n))
#define TIMER1_INTENSET 0x304u
#define TIMER1_INTEN_COMPARE0 (1u << 16)
#define TIMER1_MODE 0x504u
#define TIMER1_BITMODE 0x508u
#define TIMER1_BITMODE_32 3u
#define TIMER1_PRESCALER 0x510u
#define TIMER1_PRESCALER_1_MHZ 4u /* 16 MHz / 2^4 */
#define TIMER1_CC(n) (0x540u + 4u * (n))

uint32_t tm_port_ticks_us(void) {
    TIMER1(TIMER1_TASKS_CAPTURE(2)) = 1;
    return TIMER1(TIMER1_CC(2));
}

static void ticks_on(void) {
    TIMER1(TIMER1_TASKS_STOP) = 1;
    TIMER1(TIMER1_TASKS_CLEAR) = 1;
    TIMER1(TIMER1_MODE) = 0;
    TIMER1(TIMER1_BITMODE) = TIMER1_BITMODE_32;
    TIMER1(TIMER1_PRESCALER) = TIMER1_PRESCALER_1_MHZ;
    TIMER1(TIMER1_EVENTS_COMPARE(0)) = 0;
    TIMER1(TIMER1_CC(0)) = TM_PORT_TICK_US;
    TIMER1(TIMER1_INTENSET) = TIMER1_INTEN_COMPARE0;
    tm_interrupt_on(TM_INTERRUPT_TIMER1);
    TIMER1(TIMER1_TASKS_START) = 1;
}

/* Sets the time of the next call; one that is over before it is set would come after 71 minutes. */
static void next_tick(void) {
    uint32_t left;
    do {
        TIMER1(TIMER1_CC(0)) += TM_PORT_TICK_US;
        TIMER1(TIMER1_TASKS_CAPTURE(1)) = 1;
        left = TIMER1(TIMER1_CC(0)) - TIMER1(TIMER1_CC(1));
    } while (left - 2u >= TM_PORT_TICK_US);
}

void TM_INTERRUPT(TM_INTERRUPT_TIMER1)(void);

void TM_INTERRUPT(TM_INTERRUPT_TIMER1)(void) {
    TIMER1(TIMER1_EVENTS_COMPARE(0)) = 0;
    next_tick();
    ticks_tell();
}
