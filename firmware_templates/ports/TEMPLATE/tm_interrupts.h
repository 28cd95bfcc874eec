/* SPDX-License-Identifier: Apache-2.0
 *
 * REPLACE: how many interrupts the microcontroller has, by tens, and the number of the UART's. */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#define TM_INTERRUPT_UART 7
#define TM_INTERRUPT_TENS(X) TM_TEN(X, ) TM_TEN(X, 1)

#endif
