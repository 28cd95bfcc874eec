/* SPDX-License-Identifier: Apache-2.0
 *
 * The cycle counter (ARM DDI 0403E C1.8, DWT; on ARMv6-M SysTick, ARM DDI 0419E B3.3), and waits
 * that do not need it: it is optional, and some emulators have none. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_port.h"

#define ICSR 0xE000ED04u
#define ICSR_PENDSTSET (1u << 26)
#define SYST_CSR 0xE000E010u
#define SYST_CSR_ENABLE 1u
#define SYST_CSR_TICKINT (1u << 1)
#define SYST_CSR_CORE_CLOCK (1u << 2)
#define SYST_RVR 0xE000E014u
#define SYST_CVR 0xE000E018u
#define SYST_BITS 24u
#define SYST_MAX ((1u << SYST_BITS) - 1u)
#define DEMCR 0xE000EDFCu
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL 0xE0001000u
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_CYCCNT 0xE0001004u
#define DWT_LAR 0xE0001FB0u
#define DWT_LAR_KEY 0xC5ACCE55u

uint32_t tm_port_clock_hz = TM_CLOCK_HZ;

#if defined(TM_CYCLE_COUNTER) /* the board's own: QEMU has neither DWT nor cycles */

void tm_cycles_init(void) {}

uint32_t tm_port_cycles(void) { return TM_REG(TM_CYCLE_COUNTER); }

void tm_cycles_catch_up(uint32_t cycles) { (void)cycles; }

#elif TM_IS_ARMV6M

static volatile uint32_t turns; /* how often SysTick came to 0 */
static uint32_t not_counted;    /* the cycles that it stood still in sleep */

void tm_cycles_init(void) {
    TM_REG(SYST_RVR) = SYST_MAX;
    TM_REG(SYST_CVR) = 0; /* any write makes it 0 */
    TM_REG(SYST_CSR) = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CORE_CLOCK;
}

void tm_cycles_turn(void) { turns = turns + 1u; }

/* SysTick counts down; from the moment that it is 0 its interrupt is pending. While that is masked,
 * or another handler runs, a turn is seen by the pending bit: right for half a turn, 67 ms at
 * 125 MHz. */
uint32_t tm_port_cycles(void) {
    uint32_t before, within, pending;
    do {
        before = turns;
        within = (0u - TM_REG(SYST_CVR)) & SYST_MAX;
        pending = TM_REG(ICSR) & ICSR_PENDSTSET;
    } while (turns != before);
    const uint32_t missed = pending != 0 && within <= SYST_MAX / 2u ? 1u : 0u;
    return ((before + missed) << SYST_BITS) + within + not_counted;
}

/* SysTick cannot be set, and whether it counts in sleep is the microcontroller's own. */
void tm_cycles_catch_up(uint32_t cycles) { not_counted += cycles - tm_port_cycles(); }

#else

void tm_cycles_init(void) {
    TM_REG(DEMCR) |= DEMCR_TRCENA;
#ifdef TM_DWT_LOCKED
    TM_REG(DWT_LAR) = DWT_LAR_KEY; /* the Cortex-M7 locks it against software */
#endif
    TM_REG(DWT_CYCCNT) = 0;
    TM_REG(DWT_CTRL) |= DWT_CTRL_CYCCNTENA;
}

uint32_t tm_port_cycles(void) { return TM_REG(DWT_CYCCNT); }

void tm_cycles_catch_up(uint32_t cycles) { TM_REG(DWT_CYCCNT) = cycles; }

#endif

uint32_t tm_looks_in(uint32_t microseconds) {
    /* A look takes more cycles than this: a call, a load from a peripheral, a test, a branch. */
    const uint32_t cycles_a_look = 8;
    return microseconds * (tm_port_clock_hz / 1000000u) / cycles_a_look;
}

bool tm_wait_until(bool (*done)(void), uint32_t microseconds) {
    uint32_t looks = tm_looks_in(microseconds);
    while (!done()) {
        if (looks-- == 0) {
            return false;
        }
    }
    return true;
}

void tm_wait(uint32_t microseconds) {
    for (volatile uint32_t looks = 2u * tm_looks_in(microseconds); looks > 0; looks--) {
    }
}
