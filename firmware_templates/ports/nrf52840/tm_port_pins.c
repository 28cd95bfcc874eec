/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers touched here:
 *   GPIO P0 0x50000000, P1 0x50000300 (PS 6.9): OUTSET 0x508, OUTCLR 0x50C, IN 0x510,
 *     PIN_CNF[n] 0x700 + 4 n */
#include "tm_port_pins.h"

#include "tm_gpio.h"

#define PINS 48u /* P0.00 to P1.15 (PS 6.9) */

static bool is_there(uint32_t pin) { return pin < PINS; }

bool tm_port_pin_set_up(uint32_t pin, tm_pin_mode mode) {
    static const uint32_t settings[] = {
        [TM_PIN_INPUT] = GPIO_INPUT,
        [TM_PIN_INPUT_PULLED_UP] = GPIO_INPUT_PULLED_UP,
        [TM_PIN_INPUT_PULLED_DOWN] = GPIO_INPUT_PULLED_DOWN,
        [TM_PIN_OUTPUT] = GPIO_OUTPUT_READ,
    };
    if (!is_there(pin) || (uint32_t)mode > TM_PIN_OUTPUT) {
        return false;
    }
    GPIO(pin / 32u, GPIO_PIN_CNF(pin % 32u)) = settings[mode];
    return true;
}

bool tm_port_pin_read(uint32_t pin) {
    return is_there(pin) && (GPIO(pin / 32u, GPIO_IN) >> (pin % 32u) & 1u) != 0;
}

void tm_port_pin_write(uint32_t pin, bool high) {
    if (is_there(pin)) {
        GPIO(pin / 32u, high ? GPIO_OUTSET : GPIO_OUTCLR) = 1u << (pin % 32u);
    }
}
