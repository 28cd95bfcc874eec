/* SPDX-License-Identifier: Apache-2.0
 *
 * STM32L4R5: what port.c and usart_v2.c have to know of it. Source: RM0432 rev 9, STM32L4+
 * reference manual, 2.2 (memory map), 6.4 (RCC), 50.4.7 (the LPUART's divisor). */
#ifndef TM_FAMILY_H
#define TM_FAMILY_H

#define GPIO_PORTS 9u /* A to I: RM 8 */
#define GPIO_BASE 0x48000000u
#define RCC_GPIO_ENABLE 0x4002104Cu /* AHB2ENR */
#define RCC_UART_ENABLE 0x4002105Cu /* APB1ENR2 */
#define RCC_UART_CLOCK 1u           /* LPUART1EN */
#define RCC_TIM2_ENABLE 0x40021058u /* APB1ENR1 */
#define RCC_TIM2_CLOCK 1u           /* TIM2EN */
#define TIM2_HZ(hz) (hz)
#define UART_VERSION 2
/* 256 times the clock by the baud rate, which fits 32 bits as it stands here. */
#define UART_DIVISOR(hz, baud) (((hz) + (baud) / 512u) / ((baud) / 256u))

#if TM_UART_BAUD % 256 != 0
#error "the LPUART's divisor is exact for multiples of 256 baud only"
#endif

#endif
