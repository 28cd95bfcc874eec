/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers touched here:
 *   GPIO ports, 0x400 apart: MODER 0x00, PUPDR 0x0C, IDR 0x10, BSRR 0x18
 *   RCC: what gives GPIO its clocks, by tm_family.h */
#include "tm_port_pins.h"

#include "tm_family.h"
#include "tm_gpio.h"

static bool is_there(uint32_t pin) { return pin / 32u < GPIO_PORTS && pin % 32u < 16u; }

bool tm_port_pin_set_up(uint32_t pin, tm_pin_mode mode) {
    static const uint32_t pulls[] = {
        [TM_PIN_INPUT] = 0,
        [TM_PIN_INPUT_PULLED_UP] = GPIO_PULL_UP,
        [TM_PIN_INPUT_PULLED_DOWN] = GPIO_PULL_DOWN,
        [TM_PIN_OUTPUT] = 0,
    };
    const uint32_t port = pin / 32u;
    const uint32_t number = pin % 32u;
    if (!is_there(pin) || (uint32_t)mode > TM_PIN_OUTPUT) {
        return false;
    }
    TM_REG(RCC_GPIO_ENABLE) |= 1u << port;
    tm_barrier();
    tm_field_set(&GPIO(port, GPIO_PUPDR), 2u * number, 2, pulls[mode]);
    tm_field_set(&GPIO(port, GPIO_MODER), 2u * number, 2,
                 mode == TM_PIN_OUTPUT ? GPIO_MODE_OUTPUT : GPIO_MODE_INPUT);
    return true;
}

bool tm_port_pin_read(uint32_t pin) {
    return is_there(pin) && (GPIO(pin / 32u, GPIO_IDR) >> (pin % 32u) & 1u) != 0;
}

void tm_port_pin_write(uint32_t pin, bool high) {
    if (is_there(pin)) {
        GPIO(pin / 32u, GPIO_BSRR) = 1u << (pin % 32u + (high ? 0u : 16u));
    }
}
