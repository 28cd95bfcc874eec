/* SPDX-License-Identifier: Apache-2.0
 *
 * The USART of the F1, F2, F4 and L1 families, with one status and one data register. Source:
 * RM0390 rev 6, STM32F446xx reference manual, 25.6.
 *
 * Registers touched here:
 *   USART, TM_UART_BASE: SR 0x00, DR 0x04, BRR 0x08, CR1 0x0C, CR2 0x10, CR3 0x14
 *
 * Receiving. The interrupt of RXNE takes each byte before the next one is whole, 87 us at 115200
 * baud. Reading SR and then DR clears RXNE and the errors; ORE says that a byte after the one in DR
 * is lost. */
#include "tm_family.h"

#if UART_VERSION == 1
#include "board_config.h"
#include "tm_interrupts.h"
#include "tm_port.h"
#include "tm_receive.h"
#include "tm_stm32.h"

#define USART(offset) TM_REG(TM_UART_BASE + (offset))
#define USART_SR 0x00u
#define USART_SR_FE (1u << 1)
#define USART_SR_NF (1u << 2)
#define USART_SR_ORE (1u << 3)
#define USART_SR_RXNE (1u << 5)
#define USART_SR_TC (1u << 6)
#define USART_SR_TXE (1u << 7)
#define USART_DR 0x04u
#define USART_BRR 0x08u
#define USART_CR1 0x0Cu
#define USART_CR1_ENABLE ((1u << 13) | (1u << 3) | (1u << 2)) /* UE, TE, RE */
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR2 0x10u
#define USART_CR3 0x14u

uint32_t tm_uart_hz;

void tm_uart_init(void) {
    USART(USART_CR1) = 0;
    USART(USART_CR2) = 0;
    USART(USART_CR3) = 0;
    USART(USART_BRR) = (tm_uart_hz + TM_UART_BAUD / 2u) / TM_UART_BAUD;
    USART(USART_CR1) = USART_CR1_ENABLE | USART_CR1_RXNEIE;
    (void)USART(USART_SR);
    (void)USART(USART_DR); /* what a bootloader left unread */
    tm_interrupt_on(TM_INTERRUPT_UART);
}

/* FE and NF belong to the byte in DR. */
static void receive(uint32_t status, uint8_t byte) {
    tm_take_frame(byte, (status & USART_SR_FE) != 0, (status & USART_SR_NF) != 0);
}

void TM_INTERRUPT(TM_INTERRUPT_UART)(void);

void TM_INTERRUPT(TM_INTERRUPT_UART)(void) {
    uint32_t status = USART(USART_SR);
    while ((status & (USART_SR_RXNE | USART_SR_ORE)) != 0) {
        const uint8_t byte = (uint8_t)USART(USART_DR);
        if ((status & USART_SR_RXNE) != 0) {
            receive(status, byte);
        }
        if ((status & USART_SR_ORE) != 0) {
            const tm_losses lost = {.overrun = 1};
            tm_received_badly(&lost);
        }
        status = USART(USART_SR);
    }
}

void tm_port_write(const char *data, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        tm_wait_for(TM_UART_BASE + USART_SR, USART_SR_TXE, USART_SR_TXE);
        USART(USART_DR) = (uint8_t)data[i];
    }
}

void tm_port_flush(void) { tm_wait_for(TM_UART_BASE + USART_SR, USART_SR_TC, USART_SR_TC); }

#endif
