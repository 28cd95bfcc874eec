/* SPDX-License-Identifier: Apache-2.0
 *
 * RP2040. Source of every address and bit: RP2040 Datasheet (DS). Core 1 sleeps in the ROM.
 *
 * Registers touched here:
 *   RESETS (DS 2.14), by tm_reset_blocks
 *   PADS_BANK0 0x4001C000 (DS 2.19.6.3): GPIO0 0x04, a word a pin
 *   IO_BANK0 0x40014000 (DS 2.19.6.1): GPIO0_CTRL 0x04, two words a pin
 *   SIO 0xD0000000 (DS 2.3.1): GPIO_OUT_SET 0x014, GPIO_OUT_CLR 0x018, GPIO_OE_SET 0x024
 *   UART0, TM_UART_BASE 0x40034000 (DS 4.2): a PL011, tm_pl011.h */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_dither.h"
#include "tm_interrupts.h"
#include "tm_pins.h"
#include "tm_pl011.h"
#include "tm_port.h"
#include "tm_rp2040.h"

#define RESETS_IO_BANK0 (1u << 5)
#define RESETS_PADS_BANK0 (1u << 8)
#define RESETS_UART0 (1u << 22)

/* Pins of UART0: DS 2.19.2, function select. */
#if TM_UART_TX_PIN != 0 && TM_UART_TX_PIN != 12 && TM_UART_TX_PIN != 16 && TM_UART_TX_PIN != 28
#error "UART0 can send on GPIO 0, 12, 16 and 28"
#endif
#if TM_UART_RX_PIN != 1 && TM_UART_RX_PIN != 13 && TM_UART_RX_PIN != 17 && TM_UART_RX_PIN != 29
#error "UART0 can receive on GPIO 1, 13, 17 and 29"
#endif
#if TM_UART_BASE != 0x40034000
#error "the rp2040 port uses UART0"
#endif

static tm_dither led;

static void pins_init(void) {
    PADS_GPIO(TM_UART_TX_PIN) = PADS_DRIVE_4MA | PADS_SCHMITT;
    /* Pulled up, because an open line would be noise. */
    PADS_GPIO(TM_UART_RX_PIN) = PADS_DRIVE_4MA | PADS_SCHMITT | PADS_PULL_UP | PADS_INPUT;
    PADS_GPIO(TM_LED_PIN) = PADS_DRIVE_4MA | PADS_SCHMITT;
    IO_GPIO_CTRL(TM_UART_TX_PIN) = IO_FUNCTION_UART;
    IO_GPIO_CTRL(TM_UART_RX_PIN) = IO_FUNCTION_UART;
    IO_GPIO_CTRL(TM_LED_PIN) = IO_FUNCTION_SIO;
    TM_REG(SIO_GPIO_OE_SET) = 1u << TM_LED_PIN;
}

void tm_port_init(void) {
    tm_clock_init();
    (void)tm_reset_blocks(RESETS_IO_BANK0 | RESETS_PADS_BANK0 | RESETS_UART0);
    pins_init();
    tm_pl011_init(tm_port_clock_hz, 0);
    tm_interrupt_on(TM_INTERRUPT_UART0);
    tm_port_led(0);
    tm_port_led_step();
    tm_cortex_m_port_is_ready();
}

void TM_INTERRUPT(TM_INTERRUPT_UART0)(void);

void TM_INTERRUPT(TM_INTERRUPT_UART0)(void) { tm_pl011_interrupt(); }

void tm_port_write(const char *data, uint32_t length) { tm_pl011_write(data, length); }

void tm_port_flush(void) { tm_pl011_flush(); }

void tm_port_led(uint8_t brightness) { led.level = brightness; }

void tm_port_led_step(void) {
    const bool high = tm_dither_step(&led) != (TM_LED_ACTIVE_LOW != 0);
    TM_REG(high ? SIO_GPIO_OUT_SET : SIO_GPIO_OUT_CLR) = 1u << TM_LED_PIN;
}
