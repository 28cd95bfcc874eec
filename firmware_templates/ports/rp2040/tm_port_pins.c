/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers touched here:
 *   PADS_BANK0 0x4001C000 (DS 2.19.6.3): GPIO0 0x04, a word a pin
 *   IO_BANK0 0x40014000 (DS 2.19.6.1): GPIO0_CTRL 0x04, two words a pin
 *   SIO 0xD0000000 (DS 2.3.1): GPIO_IN 0x004, GPIO_OUT_SET 0x014, GPIO_OUT_CLR 0x018,
 *     GPIO_OE_SET 0x024, GPIO_OE_CLR 0x028 */
#include "tm_port_pins.h"

#include "tm_pins.h"

#define PINS 30u /* DS 2.19.2 */

static bool is_there(uint32_t pin) { return pin < PINS; }

bool tm_port_pin_set_up(uint32_t pin, tm_pin_mode mode) {
    static const uint32_t pulls[] = {
        [TM_PIN_INPUT] = 0,
        [TM_PIN_INPUT_PULLED_UP] = PADS_PULL_UP,
        [TM_PIN_INPUT_PULLED_DOWN] = PADS_PULL_DOWN,
        [TM_PIN_OUTPUT] = 0,
    };
    if (!is_there(pin) || (uint32_t)mode > TM_PIN_OUTPUT) {
        return false;
    }
    PADS_GPIO(pin) = PADS_DRIVE_4MA | PADS_SCHMITT | PADS_INPUT | pulls[mode];
    TM_REG(mode == TM_PIN_OUTPUT ? SIO_GPIO_OE_SET : SIO_GPIO_OE_CLR) = 1u << pin;
    IO_GPIO_CTRL(pin) = IO_FUNCTION_SIO;
    return true;
}

bool tm_port_pin_read(uint32_t pin) {
    return is_there(pin) && (TM_REG(SIO_GPIO_IN) >> pin & 1u) != 0;
}

void tm_port_pin_write(uint32_t pin, bool high) {
    if (is_there(pin)) {
        TM_REG(high ? SIO_GPIO_OUT_SET : SIO_GPIO_OUT_CLR) = 1u << pin;
    }
}
