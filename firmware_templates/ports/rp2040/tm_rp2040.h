/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the RP2040's port. */
#ifndef TM_RP2040_H
#define TM_RP2040_H

#include "tm_cortex_m.h"

/* From whatever clock there is to the board's: sets tm_port_clock_hz, which is also the UART's.
 * Where a clock does not start, it goes on with another one and says so. */
void tm_clock_init(void);

/* The reference clock: the crystal's, or about that of the ring oscillator. */
uint32_t tm_reference_hz(void);

/* Takes blocks of the microcontroller out of reset, by their bits in RESETS, after it has put those
 * into it that a bootloader may have used. Returns whether they are ready. */
bool tm_reset_blocks(uint32_t blocks);

/* Returns whether all these bits were set in time. By no pointer: see tm_wait. */
static inline bool tm_wait_for_bits(uint32_t address, uint32_t bits, uint32_t microseconds) {
    uint32_t looks = tm_looks_in(microseconds);
    while ((TM_REG(address) & bits) != bits) {
        if (looks-- == 0) {
            return false;
        }
    }
    return true;
}

#endif
