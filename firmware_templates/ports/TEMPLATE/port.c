/* SPDX-License-Identifier: Apache-2.0
 *
 * A port to copy: docs/adding-a-board.md says how. It builds, and runs in the emulator as it is, on
 * a microcontroller that does not exist. REPLACE marks each place to change, and says what a real
 * port has to take care of there.
 *
 * REPLACE: the manual. "<MCU>. Source of every address and bit: <manual, revision> (RM)."
 *
 * Registers touched here. REPLACE: each with its section of the manual. The emulator's models are
 * written from this list (toolkit/emulator/peripherals/template.py).
 *   CLOCK 0x40000000: START 0x00, STATUS 0x04
 *   UART, TM_UART_BASE 0x40001000: STATUS 0x00, DATA 0x04, DIVISOR 0x08, INTERRUPT 0x0C
 *   GPIO 0x40002000: OUTPUT 0x00, SET 0x04, CLEAR 0x08, FUNCTION 0x0C
 *
 * Receiving. This UART holds one byte. At 115200 baud the next one is there 87 us later, so the
 * interrupt takes each. REPLACE: a UART with a FIFO interrupts less often (ports/apollo3), one that
 * only DMA can read gets a buffer of one byte (ports/nrf52840). Not DMA into a ring: its position
 * tells neither which byte had an error nor how often it went round. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_dither.h"
#include "tm_interrupts.h"
#include "tm_port.h"
#include "tm_receive.h"

/* REPLACE: addresses and bits, by the manual's names. */
#define CLOCK_START 0x40000000u
#define CLOCK_START_CRYSTAL 1u
#define CLOCK_STATUS 0x40000004u
#define CLOCK_STATUS_READY 1u
#define UART(offset) TM_REG(TM_UART_BASE + (offset))
#define UART_STATUS 0x00u
#define UART_STATUS_RX_NOT_EMPTY 1u
#define UART_STATUS_TX_EMPTY (1u << 1)
#define UART_STATUS_TX_IDLE (1u << 2)
#define UART_STATUS_OVERRUN (1u << 3)
#define UART_STATUS_FRAMING (1u << 4)
#define UART_STATUS_ERRORS (UART_STATUS_OVERRUN | UART_STATUS_FRAMING)
#define UART_DATA 0x04u
#define UART_DIVISOR 0x08u
#define UART_INTERRUPT 0x0Cu
#define UART_INTERRUPT_RX 1u
#define GPIO_OUTPUT 0x40002000u
#define GPIO_SET 0x40002004u
#define GPIO_CLEAR 0x40002008u
#define GPIO_FUNCTION 0x4000200Cu

/* REPLACE: a port says here what it can do, where the board file could ask for more. */
#if TM_CLOCK_HZ != 64000000
#error "the TEMPLATE port runs at 64 MHz"
#endif

/* REPLACE: how the baud rate is set; rounded, not cut off. */
#define UART_DIVISOR_VALUE ((TM_CLOCK_HZ + TM_UART_BAUD / 2u) / TM_UART_BAUD)

#define CRYSTAL_LIMIT_US 10000u

/* REPLACE: what DMA reads or writes is volatile, and in the section that the linker script keeps
 * for it, where no cache hides it (ports/cortex_m/sections.ld):
 *
 *   __attribute__((section(".tm_dma"))) static volatile uint8_t incoming;
 *
 * That section is not cleared at start-up. */
static tm_dither led;

/* REPLACE: what says that the clock runs. */
static bool clock_is_ready(void) { return (TM_REG(CLOCK_STATUS) & CLOCK_STATUS_READY) != 0; }

/* REPLACE: oscillator, PLL; before a faster clock its wait states and voltage, after it the caches.
 *
 * The wait has a limit, as everything that the firmware can do without: a crystal that does not
 * start leaves the core on its internal oscillator, which is less exact. If that is slower, set
 * tm_port_clock_hz, and take the baud rate from it (ports/stm32/f746/clock.c). */
static void clock_init(void) {
    TM_REG(CLOCK_START) = CLOCK_START_CRYSTAL;
    if (!tm_wait_until(clock_is_ready, CRYSTAL_LIMIT_US)) {
        tm_cortex_m_complain("The crystal did not start: the clock is less exact");
    }
}

/* REPLACE: clocks of the GPIO ports, functions of the pins; a pull-up on RX, which may be open. */
static void pins_init(void) {
    TM_REG(GPIO_FUNCTION) = (1u << TM_UART_TX_PIN) | (1u << TM_UART_RX_PIN);
    TM_REG(GPIO_OUTPUT) = 1u << TM_LED_PIN;
}

/* REPLACE: clock and power of the UART, 8N1 without flow control, the receiver. A bootloader may
 * have used it: set every register that matters, and switch its interrupts off. */
static void uart_init(void) {
    UART(UART_DIVISOR) = UART_DIVISOR_VALUE;
    UART(UART_STATUS) = UART_STATUS_ERRORS;
    UART(UART_INTERRUPT) = UART_INTERRUPT_RX;
    tm_interrupt_on(TM_INTERRUPT_UART);
}

void tm_port_init(void) {
    clock_init();
    pins_init();
    uart_init();
    tm_port_led(0);
    tm_port_led_step();
    tm_cortex_m_port_is_ready(); /* from here on faults are told over the serial line */
}

void TM_INTERRUPT(TM_INTERRUPT_UART)(void);

/* REPLACE: takes what has come. What the UART finds wrong is told to tm_received_badly, and
 * cleared: many UARTs receive nothing more after an overrun until the flag is cleared. Look in the
 * manual whether an error belongs to the byte that is read with it or to one that is not there. */
void TM_INTERRUPT(TM_INTERRUPT_UART)(void) {
    const uint32_t status = UART(UART_STATUS);
    const uint8_t byte = (uint8_t)UART(UART_DATA);
    UART(UART_STATUS) = status & UART_STATUS_ERRORS;
    if ((status & UART_STATUS_RX_NOT_EMPTY) && (status & UART_STATUS_FRAMING) == 0) {
        tm_received(byte);
    }
    if (status & UART_STATUS_ERRORS) {
        const tm_losses lost = {
            .overrun = (status & UART_STATUS_OVERRUN) != 0,
            .framing = (status & UART_STATUS_FRAMING) != 0,
        };
        tm_received_badly(&lost);
    }
    tm_barrier(); /* what was written is there before the interrupt could be taken once more */
}

/* REPLACE: the registers. The waits for the transmitter have no limit: it needs nobody, and without
 * the serial line the firmware is of no use. One that waits for the other side (flow control, USB)
 * gets a limit. */
void tm_port_write(const char *data, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        while ((UART(UART_STATUS) & UART_STATUS_TX_EMPTY) == 0) {
        }
        UART(UART_DATA) = (uint8_t)data[i];
    }
}

/* REPLACE: the flag that says that the last stop bit has been sent, not just that the register or
 * the DMA buffer is empty. */
void tm_port_flush(void) {
    while ((UART(UART_STATUS) & UART_STATUS_TX_IDLE) == 0) {
    }
}

void tm_port_led(uint8_t brightness) { led.level = brightness; }

/* REPLACE: the registers. One write sets or clears the pin, so no other pin is touched. */
void tm_port_led_step(void) {
    const bool high = tm_dither_step(&led) != (TM_LED_ACTIVE_LOW != 0);
    TM_REG(high ? GPIO_SET : GPIO_CLEAR) = 1u << TM_LED_PIN;
}
