/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupts of the RP2040: 0 to 25 (DS 2.3.2). */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#define TM_INTERRUPT_TIMER0 0 /* of alarm 0 */
#define TM_INTERRUPT_UART0 20
#define TM_INTERRUPT_ADC 22
#define TM_INTERRUPT_TENS(X) TM_TEN(X, ) TM_TEN(X, 1) TM_TEN(X, 2)

#endif
