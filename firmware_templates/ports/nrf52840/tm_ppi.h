/* SPDX-License-Identifier: Apache-2.0
 *
 * Events that are tasks of other peripherals, and events that are counted, without the core.
 *
 * Registers touched here:
 *   PPI 0x4001F000 (PS 6.16): CHENSET 0x504, CHENCLR 0x508, CH[n].EEP 0x510 + 8 n,
 *     CH[n].TEP 0x514 + 8 n
 *   TIMERn (PS 6.30), whose address is given: TASKS_START 0x000, TASKS_STOP 0x004, TASKS_COUNT
 * 0x008, TASKS_CLEAR 0x00C, TASKS_CAPTURE[0] 0x040, MODE 0x504, BITMODE 0x508, CC[0] 0x540
 *
 * Channels: 0 and 1 pace the analog input, 2 counts its buffers by TIMER3, 3 the microphone's by
 * TIMER4. */
#ifndef TM_PPI_H
#define TM_PPI_H

#include <stdint.h>

#include "tm_cortex_m.h"

#define PPI_CHENSET 0x4001F504u
#define PPI_CHENCLR 0x4001F508u
#define PPI_CH_EEP(n) (0x4001F510u + 8u * (n))
#define PPI_CH_TEP(n) (0x4001F514u + 8u * (n))

#define PACE_TASKS_START 0x000u
#define PACE_TASKS_STOP 0x004u
#define PACE_TASKS_COUNT 0x008u
#define PACE_TASKS_CLEAR 0x00Cu
#define PACE_TASKS_CAPTURE0 0x040u
#define PACE_MODE 0x504u
#define PACE_MODE_COUNTER 1u
#define PACE_BITMODE 0x508u
#define PACE_BITMODE_32 3u
#define PACE_CC0 0x540u

static inline void tm_ppi_connect(uint32_t channel, uint32_t event, uint32_t task) {
    TM_REG(PPI_CH_EEP(channel)) = event;
    TM_REG(PPI_CH_TEP(channel)) = task;
    TM_REG(PPI_CHENSET) = 1u << channel;
}

/* From now on the timer at this address counts an event, from 0. */
static inline void tm_ppi_count(uint32_t timer, uint32_t channel, uint32_t event) {
    TM_REG(timer + PACE_MODE) = PACE_MODE_COUNTER;
    TM_REG(timer + PACE_BITMODE) = PACE_BITMODE_32;
    TM_REG(timer + PACE_TASKS_CLEAR) = 1;
    TM_REG(timer + PACE_TASKS_START) = 1;
    tm_ppi_connect(channel, event, timer + PACE_TASKS_COUNT);
}

static inline uint32_t tm_ppi_counted(uint32_t timer) {
    TM_REG(timer + PACE_TASKS_CAPTURE0) = 1;
    return TM_REG(timer + PACE_CC0);
}

static inline void tm_ppi_count_stop(uint32_t timer, uint32_t channel) {
    TM_REG(PPI_CHENCLR) = 1u << channel;
    TM_REG(timer + PACE_TASKS_STOP) = 1;
}

#endif
