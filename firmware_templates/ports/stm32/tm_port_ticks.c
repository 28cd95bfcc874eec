/* SPDX-License-Identifier: Apache-2.0
 *
 * A call every 5 ms by TIM2, which goes on while the core sleeps (not deeply).
 *
 * Registers touched here:
 *   TIM2 0x40000000, chapter general-purpose timers of the manual that tm_family.h names: CR1 0x00,
 *     DIER 0x0C, SR 0x10, EGR 0x14, CNT 0x24, PSC 0x28, ARR 0x2C, CCR1 0x34
 *   RCC: what gives TIM2 its clock, by tm_family.h
 *
 * It counts microseconds in 32 bits and never starts anew: the next call's time is the last one's
 * and 5 ms. */
#include <stdbool.h>

#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_family.h"
#include "tm_interrupts.h"
#include "tm_port.h"
#include "tm_tick_list.h"

#define TIM2_CR1 0x40000000u
#define TIM2_CR1_CEN 1u
#define TIM2_DIER 0x4000000Cu
#define TIM2_DIER_CC1IE (1u << 1)
#define TIM2_SR 0x40000010u
#define TIM2_SR_CC1IF (1u << 1)
#define TIM2_EGR 0x40000014u
#define TIM2_EGR_UG 1u
#define TIM2_CNT 0x40000024u
#define TIM2_PSC 0x40000028u
#define TIM2_ARR 0x4000002Cu
#define TIM2_CCR1 0x40000034u

uint32_t tm_port_ticks_us(void) { return TM_REG(TIM2_CNT); }

static void ticks_on(void) {
    TM_REG(RCC_TIM2_ENABLE) |= RCC_TIM2_CLOCK;
    tm_barrier();
    TM_REG(TIM2_CR1) = 0;
    TM_REG(TIM2_PSC) = TIM2_HZ(tm_port_clock_hz) / 1000000u - 1u;
    TM_REG(TIM2_ARR) = 0xFFFFFFFFu;
    TM_REG(TIM2_EGR) = TIM2_EGR_UG; /* takes PSC over, and sets CNT to 0 */
    TM_REG(TIM2_CCR1) = TM_PORT_TICK_US;
    TM_REG(TIM2_SR) = 0;
    TM_REG(TIM2_DIER) = TIM2_DIER_CC1IE;
    tm_interrupt_on(TM_INTERRUPT_TIM2);
    TM_REG(TIM2_CR1) = TIM2_CR1_CEN;
}

/* Sets the time of the next call; one that is over before it is set would come after 71 minutes. */
static void next_tick(void) {
    do {
        TM_REG(TIM2_CCR1) += TM_PORT_TICK_US;
    } while (TM_REG(TIM2_CCR1) - TM_REG(TIM2_CNT) - 2u >= TM_PORT_TICK_US);
}

void TM_INTERRUPT(TM_INTERRUPT_TIM2)(void);

void TM_INTERRUPT(TM_INTERRUPT_TIM2)(void) {
    TM_REG(TIM2_SR) = ~TIM2_SR_CC1IF; /* a flag is cleared by a zero */
    next_tick();
    ticks_tell();
}
