/* SPDX-License-Identifier: Apache-2.0
 *
 * ARM's MPS2 and MPS3 machines as QEMU has them: a core of ours with a serial line, no board to
 * own. Sources: Application Notes AN386, AN500 and AN547 (ARM DAI 0386, 0500, 0547), FPGA system
 * control and I/O; Cortex-M System Design Kit Technical Reference Manual (ARM DDI 0479), APB UART.
 *
 * Registers touched here, at addresses of the board file:
 *   UART 0, TM_UART_BASE: DATA 0x00, STATE 0x04, CTRL 0x08, INTCLEAR 0x0C,
 *     BAUDDIV 0x10
 *   FPGAIO: LED0 TM_LED_REGISTER; COUNTER TM_CYCLE_COUNTER (read by ports/cortex_m/cycles.c)
 *
 * Receiving. The UART holds one byte, and the interrupt takes each. In QEMU the next one waits
 * until that is done. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_dither.h"
#include "tm_interrupts.h"
#include "tm_port.h"
#include "tm_receive.h"

#define UART(offset) TM_REG(TM_UART_BASE + (offset))
#define UART_DATA 0x00u
#define UART_STATE 0x04u
#define UART_STATE_TX_FULL 1u
#define UART_STATE_RX_FULL (1u << 1)
#define UART_STATE_RX_OVERRUN (1u << 3) /* a one clears it */
#define UART_CTRL 0x08u
#define UART_CTRL_TX_ENABLE 1u
#define UART_CTRL_RX_ENABLE (1u << 1)
#define UART_CTRL_RX_INTERRUPT (1u << 3)
#define UART_INTCLEAR 0x0Cu
#define UART_INTCLEAR_RX (1u << 1)
#define UART_BAUDDIV 0x10u

static tm_dither led;

void tm_port_init(void) {
    UART(UART_CTRL) = 0;
    UART(UART_BAUDDIV) = (TM_CLOCK_HZ + TM_UART_BAUD / 2u) / TM_UART_BAUD;
    UART(UART_CTRL) = UART_CTRL_TX_ENABLE | UART_CTRL_RX_ENABLE | UART_CTRL_RX_INTERRUPT;
    tm_interrupt_on(TM_INTERRUPT_UART0_RX);
    tm_port_led(0);
    tm_port_led_step();
    tm_cortex_m_port_is_ready();
}

void TM_INTERRUPT(TM_INTERRUPT_UART0_RX)(void);

void TM_INTERRUPT(TM_INTERRUPT_UART0_RX)(void) {
    UART(UART_INTCLEAR) = UART_INTCLEAR_RX;
    const uint32_t state = UART(UART_STATE);
    if (state & UART_STATE_RX_FULL) {
        tm_received((uint8_t)UART(UART_DATA));
    }
    if (state & UART_STATE_RX_OVERRUN) {
        const tm_losses lost = {.overrun = 1};
        UART(UART_STATE) = UART_STATE_RX_OVERRUN;
        tm_received_badly(&lost);
    }
    tm_barrier(); /* what was written is there before the interrupt could be taken once more */
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
    TM_REG(TM_LED_REGISTER) = tm_dither_step(&led) != (TM_LED_ACTIVE_LOW != 0) ? 1u : 0u;
}
