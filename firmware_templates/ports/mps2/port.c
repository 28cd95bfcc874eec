/* SPDX-License-Identifier: Apache-2.0
 *
 * ARM's MPS2 machines as QEMU has them: a core of ours with a serial line, no board to own.
 * Sources: Application Notes AN386 and AN500 (ARM DAI 0386, DAI 0500), FPGA system control and I/O;
 * Cortex-M System Design Kit Technical Reference Manual (ARM DDI 0479), APB UART.
 *
 * Registers touched here:
 *   UART 0, TM_UART_BASE 0x40004000: DATA 0x00, STATE 0x04, CTRL 0x08, BAUDDIV 0x10
 *   FPGAIO 0x40028000: LED0 0x00, COUNTER 0x18 (counts the 25 MHz; read by ports/cortex_m/cycles.c)
 *
 * Receiving. The UART holds one byte. In QEMU the next one waits until that is taken, so nothing is
 * lost however late it is read; on the real FPGA board it would be. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_dither.h"
#include "tm_port.h"

#define UART(offset) TM_REG(TM_UART_BASE + (offset))
#define UART_DATA 0x00u
#define UART_STATE 0x04u
#define UART_STATE_TX_FULL 1u
#define UART_STATE_RX_FULL (1u << 1)
#define UART_CTRL 0x08u
#define UART_CTRL_TX_ENABLE 1u
#define UART_CTRL_RX_ENABLE (1u << 1)
#define UART_BAUDDIV 0x10u
#define FPGAIO_LED0 0x40028000u

static tm_dither led;

void tm_port_init(void) {
    UART(UART_CTRL) = 0;
    UART(UART_BAUDDIV) = (TM_CLOCK_HZ + TM_UART_BAUD / 2u) / TM_UART_BAUD;
    UART(UART_CTRL) = UART_CTRL_TX_ENABLE | UART_CTRL_RX_ENABLE;
    tm_port_led(0);
    tm_port_led_step();
    tm_cortex_m_port_is_ready();
}

int tm_port_read(void) {
    return (UART(UART_STATE) & UART_STATE_RX_FULL) ? (int)(UART(UART_DATA) & 0xFFu) : -1;
}

void tm_port_write(const char *data, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        tm_port_flush();
        UART(UART_DATA) = (uint8_t)data[i];
    }
}

void tm_port_flush(void) {
    while (UART(UART_STATE) & UART_STATE_TX_FULL) {
    }
}

void tm_port_led(uint8_t brightness) { led.level = brightness; }

void tm_port_led_step(void) {
    TM_REG(FPGAIO_LED0) = tm_dither_step(&led) != (TM_LED_ACTIVE_LOW != 0) ? 1u : 0u;
}
