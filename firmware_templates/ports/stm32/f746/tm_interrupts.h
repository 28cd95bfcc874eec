/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupts of the STM32F746: 0 to 97 (RM 10.1.2, vector table). */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#define TM_INTERRUPT_ADC 18
#define TM_INTERRUPT_TIM2 28
#define TM_INTERRUPT_UART 37 /* USART1 */
#define TM_INTERRUPT_TENS(X)                                                                       \
    TM_TEN(X, )                                                                                    \
    TM_TEN(X, 1)                                                                                   \
    TM_TEN(X, 2)                                                                                   \
    TM_TEN(X, 3) TM_TEN(X, 4) TM_TEN(X, 5) TM_TEN(X, 6) TM_TEN(X, 7) TM_TEN(X, 8) TM_TEN(X, 9)

#endif
