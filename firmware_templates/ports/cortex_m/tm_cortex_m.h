/* SPDX-License-Identifier: Apache-2.0
 *
 * What all Cortex-M ports share: start-up, faults, stack watch, cycle counter.
 *
 * Registers touched here (ARM DDI 0403E, ARMv7-M Architecture Reference Manual, B3.2 and C1.8):
 *   VTOR 0xE000ED08, CCR 0xE000ED14, SHCSR 0xE000ED24, CFSR 0xE000ED28,
 *   MMFAR 0xE000ED34, BFAR 0xE000ED38, ICSR 0xE000ED04, CPACR 0xE000ED88, MPU_CTRL 0xE000ED94,
 *   AIRCR 0xE000ED0C, FPCCR 0xE000EF34, SYST_CSR 0xE000E010, NVIC_ISER0-7 0xE000E100,
 *   NVIC_ICER0-7 0xE000E180, NVIC_ISPR0-7 0xE000E200, NVIC_ICPR0-7 0xE000E280, NVIC_IPR0-59
 * 0xE000E400, SYST_RVR 0xE000E014, SYST_CVR 0xE000E018 (ARMv6-M), DEMCR 0xE000EDFC, DWT_CTRL
 * 0xE0001000, DWT_CYCCNT 0xE0001004, DWT_LAR 0xE0001FB0 (M7).
 *
 * ARMv6-M (ARM DDI 0419E), such as the Cortex-M0+, has of these VTOR, ICSR, MPU_CTRL, SysTick, and
 * of the NVIC 32 interrupts. Every fault is a HardFault, an access that is not aligned faults, and
 * cycles are counted by SysTick, whose interrupt is not for an application. */
#ifndef TM_CORTEX_M_H
#define TM_CORTEX_M_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* By the compiler: ARM C Language Extensions. */
#if defined(__ARM_ARCH_6M__)
#define TM_IS_ARMV6M 1
#else
#define TM_IS_ARMV6M 0
#endif

#define TM_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Ports call it as the last step of tm_port_init: from then on faults can be reported. Says what
 * tm_cortex_m_complain was told. */
void tm_cortex_m_port_is_ready(void);
/* What is wrong although the firmware runs, in plain words, as a crystal that does not start. Said
 * in place of what was told before, as soon as the serial line can. */
void tm_cortex_m_complain(const char *words);
void tm_cycles_init(void);
/* Sets the cycle counter, which may have stopped in sleep. */
void tm_cycles_catch_up(uint32_t cycles);
/* SysTick's handler on ARMv6-M. */
void tm_cycles_turn(void);
/* Looks until done returns true, for at least so many microseconds of tm_port_clock_hz; returns
 * whether it was done. Counts looks, so it ends also where no cycle counter runs. */
bool tm_wait_until(bool (*done)(void), uint32_t microseconds);
/* How many looks at something, of 8 cycles at the least, are at least so many microseconds. */
uint32_t tm_looks_in(uint32_t microseconds);
/* Waits for at least so many microseconds. Unlike tm_wait_until it calls nothing by a pointer, so
 * that the stack of who is called by one stays provable. */
void tm_wait(uint32_t microseconds);
void tm_fault(const uint32_t *frame);

/* Switches an interrupt of the microcontroller on. Its handler is TM_INTERRUPT(number), a function
 * of the port, of a driver or of the application; without one, the interrupt is reported as a
 * fault. All have the priority 0 that they have after reset, so that none interrupts another. */
void tm_interrupt_on(uint32_t number);
/* Has an interrupt's handler run, as if the peripheral had asked for it. */
void tm_interrupt_pend(uint32_t number);
#define TM_INTERRUPT(number) TM_INTERRUPT_OF(number)
#define TM_INTERRUPT_OF(number) tm_interrupt_##number

/* Resets the microcontroller. */
void tm_cortex_m_reset(void);

/* Whether an exception's handler runs, an interrupt's or a fault's: all have one priority. */
static inline bool tm_cortex_m_in_handler(void) {
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0;
}

static inline void tm_barrier(void) { __asm volatile("dsb\n\tisb" ::: "memory"); }

#ifdef __cplusplus
}
#endif

#endif
