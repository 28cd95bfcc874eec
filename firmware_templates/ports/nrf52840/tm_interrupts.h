/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupts of the nRF52840: 0 to 47 (PS 4.2.3, Instantiation: the ID is the number). */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#define TM_INTERRUPT_POWER_CLOCK 0
#define TM_INTERRUPT_UARTE0 2
#define TM_INTERRUPT_TWI0 3
#define TM_INTERRUPT_SAADC 7
#define TM_INTERRUPT_TIMER1 9
#define TM_INTERRUPT_PDM 29
#define TM_INTERRUPT_USBD 39
#define TM_INTERRUPT_TENS(X) TM_TEN(X, ) TM_TEN(X, 1) TM_TEN(X, 2) TM_TEN(X, 3) TM_TEN(X, 4)

#endif
