/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupts of the MPS2 images: 0 to 31 (AN386, Interrupt assignments). */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#define TM_INTERRUPT_UART0_RX 0
#define TM_INTERRUPT_TENS(X) TM_TEN(X, ) TM_TEN(X, 1) TM_TEN(X, 2) TM_TEN(X, 3)

#endif
