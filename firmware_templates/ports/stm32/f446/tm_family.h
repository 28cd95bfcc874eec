/* SPDX-License-Identifier: Apache-2.0
 *
 * STM32F446: what port.c and usart_v1.c have to know of it. Source: RM0390 rev 6, STM32F446xx
 * reference manual, 2.2 (memory map), 6.3 (RCC). */
#ifndef TM_FAMILY_H
#define TM_FAMILY_H

#define GPIO_PORTS 8u /* A to H: RM 7 */
#define GPIO_BASE 0x40020000u
#define RCC_GPIO_ENABLE 0x40023830u /* AHB1ENR */
#define RCC_UART_ENABLE 0x40023840u /* APB1ENR */
#define RCC_UART_CLOCK (1u << 17)   /* USART2EN */
#define RCC_TIM2_ENABLE 0x40023840u /* APB1ENR */
#define RCC_TIM2_CLOCK 1u           /* TIM2EN */
/* Timers of APB1 run at twice its clock, a quarter of the core's; without the PLL at the core's. */
#define TIM2_HZ(hz) ((hz) == TM_CLOCK_HZ ? (hz) / 2u : (hz))
#define UART_VERSION 1

#endif
