/* SPDX-License-Identifier: Apache-2.0
 *
 * The cycle counter (ARM DDI 0403E C1.8, DWT), and waits that do not need it: it is optional, and
 * some emulators have none. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_port.h"

#define DEMCR 0xE000EDFCu
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL 0xE0001000u
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_CYCCNT 0xE0001004u
#ifndef TM_CYCLE_COUNTER /* the board's own, where its core has none */
#define TM_CYCLE_COUNTER DWT_CYCCNT
#endif
#define DWT_LAR 0xE0001FB0u
#define DWT_LAR_KEY 0xC5ACCE55u

uint32_t tm_port_clock_hz = TM_CLOCK_HZ;

void tm_cycles_init(void) {
    TM_REG(DEMCR) |= DEMCR_TRCENA;
#ifdef TM_DWT_LOCKED
    TM_REG(DWT_LAR) = DWT_LAR_KEY; /* the Cortex-M7 locks it against software */
#endif
    TM_REG(DWT_CYCCNT) = 0;
    TM_REG(DWT_CTRL) |= DWT_CTRL_CYCCNTENA;
}

uint32_t tm_port_cycles(void) { return TM_REG(TM_CYCLE_COUNTER); }

bool tm_wait_until(bool (*done)(void), uint32_t microseconds) {
    /* A look takes more cycles than this: a call, a load from a peripheral, a test, a branch. */
    const uint32_t cycles_a_look = 8;
    uint32_t looks = microseconds * (tm_port_clock_hz / 1000000u) / cycles_a_look;
    while (!done()) {
        if (looks-- == 0) {
            return false;
        }
    }
    return true;
}
