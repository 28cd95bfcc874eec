/* SPDX-License-Identifier: Apache-2.0
 *
 * STM32F746: what port.c and usart_v2.c have to know of it. Source: RM0385 rev 8, STM32F75xxx and
 * STM32F74xxx reference manual, 2.2 (memory map), 5.3 (RCC). */
#ifndef TM_FAMILY_H
#define TM_FAMILY_H

#define GPIO_PORTS 11u /* A to K: RM 6 */
#define GPIO_BASE 0x40020000u
#define RCC_GPIO_ENABLE 0x40023830u /* AHB1ENR */
#define RCC_UART_ENABLE 0x40023844u /* APB2ENR */
#define RCC_UART_CLOCK (1u << 4)    /* USART1EN */
#define RCC_TIM2_ENABLE 0x40023840u /* APB1ENR */
#define RCC_TIM2_CLOCK 1u           /* TIM2EN */
/* Timers of APB1 run at twice its clock, a quarter of the core's; without the PLL at the core's. */
#define TIM2_HZ(hz) ((hz) == TM_CLOCK_HZ ? (hz) / 2u : (hz))
#define UART_VERSION 2
#define UART_DIVISOR(hz, baud) (((hz) + (baud) / 2u) / (baud))

#endif
