/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupts of the Apollo3 Blue: 0 to 31 (DS, MCU Core Details, interrupts). */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#define TM_INTERRUPT_IOM3 9
#define TM_INTERRUPT_CTIMER 14
#define TM_INTERRUPT_UART0 15
#define TM_INTERRUPT_ADC 18
#define TM_INTERRUPT_TENS(X) TM_TEN(X, ) TM_TEN(X, 1) TM_TEN(X, 2) TM_TEN(X, 3)

#endif
