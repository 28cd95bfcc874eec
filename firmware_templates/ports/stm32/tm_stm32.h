/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of an STM32's port: what all have (port.c, and one of usart_v1.c and
 * usart_v2.c) and what is its family's own: clock.c, tm_family.h, tm_interrupts.h. */
#ifndef TM_STM32_H
#define TM_STM32_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_cortex_m.h"

/* From whatever a bootloader left to the board's clock: sets tm_port_clock_hz and tm_uart_hz. Where
 * a clock does not start, it goes on with another one and says so. */
void tm_clock_init(void);
/* What the UART's baud rate is divided from. */
extern uint32_t tm_uart_hz;

/* 8N1 at the board's baud rate, with its interrupt; its pins and clock are on already. */
void tm_uart_init(void);

/* A byte came, with what its UART says of its frame. A break is zeros without a stop bit. */
void tm_take_frame(uint8_t byte, bool has_no_stop, bool is_noisy);

static inline void tm_wait_for(uint32_t address, uint32_t mask, uint32_t value) {
    while ((TM_REG(address) & mask) != value) {
    }
}

#endif
