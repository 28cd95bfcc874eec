/* SPDX-License-Identifier: Apache-2.0
 *
 * The USART of the newer families, and their LPUART, whose registers are the same but for the
 * divisor. Source: RM0432 rev 9, STM32L4+ reference manual, 49.8 and 50.7.
 *
 * Registers touched here:
 *   USART or LPUART, TM_UART_BASE: CR1 0x00, CR2 0x04, CR3 0x08, BRR 0x0C, ISR 0x1C, ICR 0x20,
 *     RDR 0x24, TDR 0x28
 *
 * Receiving. The interrupt of RXNE takes each byte before the next one is whole, 87 us at 115200
 * baud; ORE, which has the same interrupt, says that one came too early. */
#include "tm_family.h"

#if UART_VERSION == 2
#include "board_config.h"
#include "tm_interrupts.h"
#include "tm_port.h"
#include "tm_receive.h"
#include "tm_stm32.h"

#define USART(offset) TM_REG(TM_UART_BASE + (offset))
#define USART_CR1 0x00u
#define USART_CR1_ENABLE ((1u << 3) | (1u << 2) | 1u) /* TE, RE, UE */
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR2 0x04u
#define USART_CR3 0x08u
#define USART_BRR 0x0Cu
#define USART_ISR 0x1Cu
#define USART_ISR_FE (1u << 1)
#define USART_ISR_NF (1u << 2)
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_ERRORS (USART_ISR_FE | USART_ISR_NF | USART_ISR_ORE)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXE (1u << 7)
#define USART_ICR 0x20u /* a one at the place of a flag in ISR clears it */
#define USART_RDR 0x24u
#define USART_TDR 0x28u

uint32_t tm_uart_hz;

void tm_uart_init(void) {
    USART(USART_CR1) = 0;
    USART(USART_CR2) = 0;
    USART(USART_CR3) = 0;
    USART(USART_BRR) = UART_DIVISOR(tm_uart_hz, TM_UART_BAUD);
    USART(USART_ICR) = USART_ISR_ERRORS;
    USART(USART_CR1) = USART_CR1_ENABLE | USART_CR1_RXNEIE; /* 8N1 */
    tm_interrupt_on(TM_INTERRUPT_UART);
}

/* FE and NF belong to the byte in RDR. ORE does not: that byte is good, the one after it is lost.
 */
static void receive(uint32_t status) {
    tm_take_frame((uint8_t)USART(USART_RDR), (status & USART_ISR_FE) != 0,
                  (status & USART_ISR_NF) != 0);
}

void TM_INTERRUPT(TM_INTERRUPT_UART)(void);

void TM_INTERRUPT(TM_INTERRUPT_UART)(void) {
    uint32_t status = USART(USART_ISR);
    while ((status & (USART_ISR_RXNE | USART_ISR_ORE)) != 0) {
        USART(USART_ICR) = status & USART_ISR_ERRORS;
        if ((status & USART_ISR_RXNE) != 0) {
            receive(status);
        }
        if ((status & USART_ISR_ORE) != 0) {
            const tm_losses lost = {.overrun = 1};
            tm_received_badly(&lost);
        }
        /* The last read also waits for the writes to the UART: without it the interrupt could be
         * taken once more (ARM DAI 0321A, 4.9). */
        status = USART(USART_ISR);
    }
}

void tm_port_write(const char *data, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        tm_wait_for(TM_UART_BASE + USART_ISR, USART_ISR_TXE, USART_ISR_TXE);
        USART(USART_TDR) = (uint8_t)data[i];
    }
}

void tm_port_flush(void) { tm_wait_for(TM_UART_BASE + USART_ISR, USART_ISR_TC, USART_ISR_TC); }

#endif
