/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers touched here:
 *   CLOCK 0x40000000 (PS 5.4): HFCLKSTAT 0x40C */
#include "tm_cortex_m.h"
#include "tm_crystal.h"

#define CLOCK_HFCLKSTAT 0x4000040Cu
#define CLOCK_HFXO_RUNS ((1u << 16) | 1u)

bool tm_crystal_runs(void) {
    return (TM_REG(CLOCK_HFCLKSTAT) & CLOCK_HFXO_RUNS) == CLOCK_HFXO_RUNS;
}
