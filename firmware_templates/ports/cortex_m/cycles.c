/* SPDX-License-Identifier: Apache-2.0
 *
 * The cycle counter (ARM DDI 0403E C1.8, DWT). */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_port.h"

#define DEMCR 0xE000EDFCu
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL 0xE0001000u
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_CYCCNT 0xE0001004u
#define DWT_LAR 0xE0001FB0u
#define DWT_LAR_KEY 0xC5ACCE55u

const uint32_t tm_port_clock_hz = TM_CLOCK_HZ;

void tm_cycles_init(void) {
    TM_REG(DEMCR) |= DEMCR_TRCENA;
#ifdef TM_DWT_LOCKED
    TM_REG(DWT_LAR) = DWT_LAR_KEY; /* the Cortex-M7 locks it against software */
#endif
    TM_REG(DWT_CYCCNT) = 0;
    TM_REG(DWT_CTRL) |= DWT_CTRL_CYCCNTENA;
}

uint32_t tm_port_cycles(void) { return TM_REG(DWT_CYCCNT); }

bool tm_wait_until(bool (*done)(void), uint32_t limit) {
    const uint32_t start = tm_port_cycles();
    while (!done()) {
        if (tm_port_cycles() - start > limit) {
            return false;
        }
    }
    return true;
}
