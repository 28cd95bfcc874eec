/* SPDX-License-Identifier: Apache-2.0
 *
 * What every STM32 has alike: pins and LED. Source of every address and bit: the reference manual
 * that the family's tm_family.h names, chapter GPIO.
 *
 * Registers touched here:
 *   GPIO ports, 0x400 apart: MODER 0x00, PUPDR 0x0C, BSRR 0x18, AFRL 0x20, AFRH 0x24
 *   RCC: what gives GPIO and UART their clocks, by tm_family.h */
#include "board_config.h"
#include "tm_dither.h"
#include "tm_family.h"
#include "tm_gpio.h"
#include "tm_port.h"
#include "tm_receive.h"
#include "tm_stm32.h"

static tm_dither led;

static void pin_is_alternate(uint32_t port, uint32_t pin) {
    tm_field_set(&GPIO(port, GPIO_AFRL + 4u * (pin / 8u)), 4u * (pin % 8u), 4, TM_UART_AF);
    tm_field_set(&GPIO(port, GPIO_PUPDR), 2u * pin, 2, GPIO_PULL_UP);
    tm_field_set(&GPIO(port, GPIO_MODER), 2u * pin, 2, GPIO_MODE_ALTERNATE);
}

static void pins_init(void) {
    TM_REG(RCC_GPIO_ENABLE) |=
        (1u << TM_UART_TX_PORT) | (1u << TM_UART_RX_PORT) | (1u << TM_LED_PORT);
    tm_barrier();
    pin_is_alternate(TM_UART_TX_PORT, TM_UART_TX_PIN);
    pin_is_alternate(TM_UART_RX_PORT, TM_UART_RX_PIN);
    tm_field_set(&GPIO(TM_LED_PORT, GPIO_MODER), 2u * TM_LED_PIN, 2, GPIO_MODE_OUTPUT);
}

void tm_port_init(void) {
    tm_clock_init();
    pins_init();
    TM_REG(RCC_UART_ENABLE) |= RCC_UART_CLOCK;
    tm_barrier();
    tm_uart_init();
    tm_port_led(0);
    tm_port_led_step();
    tm_cortex_m_port_is_ready();
}

void tm_take_frame(uint8_t byte, bool has_no_stop, bool is_noisy) {
    const tm_losses lost = {
        .breaks = has_no_stop && byte == 0,
        .framing = has_no_stop && byte != 0,
        .noise = !has_no_stop && is_noisy,
    };
    if (has_no_stop || is_noisy) {
        tm_received_badly(&lost);
    } else {
        tm_received(byte);
    }
}

void tm_port_led(uint8_t brightness) { led.level = brightness; }

void tm_port_led_step(void) {
    const bool high = tm_dither_step(&led) != (TM_LED_ACTIVE_LOW != 0);
    GPIO(TM_LED_PORT, GPIO_BSRR) = 1u << (TM_LED_PIN + (high ? 0u : 16u));
}
