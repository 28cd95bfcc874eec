/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupts of the images: 0 to 31 of MPS2 (AN386, Interrupt assignments). On AN547 the
 * subsystem has the first 32 (AN547, Interrupt assignments). */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#ifdef TM_IS_SSE300
#define TM_INTERRUPT_UART0_RX 33
#else
#define TM_INTERRUPT_UART0_RX 0
#endif
#define TM_INTERRUPT_TENS(X) TM_TEN(X, ) TM_TEN(X, 1) TM_TEN(X, 2) TM_TEN(X, 3)

#endif
