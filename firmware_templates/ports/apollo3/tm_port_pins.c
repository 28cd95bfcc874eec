/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers touched here:
 *   GPIO 0x40010000 (DS, GPIO and Pad Configuration): PADREG 0x000 (a byte a pad), CFG 0x040
 *     (four bits a pad), PADKEY 0x060, RDA 0x080, RDB 0x084, WTSA 0x090, WTSB 0x094, WTCA 0x098,
 *     WTCB 0x09C
 *
 * Pads have pull-ups only (but for pad 20's pull-down, which is not used here). */
#include "tm_port_pins.h"

#include "tm_pads.h"

#define PADS 50u /* DS, GPIO and Pad Configuration */

static bool is_there(uint32_t pin) { return pin < PADS; }

bool tm_port_pin_set_up(uint32_t pin, tm_pin_mode mode) {
    if (!is_there(pin) || (uint32_t)mode > TM_PIN_OUTPUT || mode == TM_PIN_INPUT_PULLED_DOWN) {
        return false;
    }
    const uint32_t pull = mode == TM_PIN_INPUT_PULLED_UP ? PAD_PULL_UP : 0;
    TM_REG(GPIO_PADKEY) = GPIO_KEY;
    tm_pad_init(pin, PAD_FUNCTION(PAD_FUNCTION_GPIO) | PAD_INPUT_ENABLE | pull,
                mode == TM_PIN_OUTPUT ? GPIO_CFG_PUSH_PULL : GPIO_CFG_INPUT);
    TM_REG(GPIO_PADKEY) = 0;
    return true;
}

bool tm_port_pin_read(uint32_t pin) {
    return is_there(pin) && (TM_REG(GPIO_RD + 4u * (pin / 32u)) >> (pin % 32u) & 1u) != 0;
}

void tm_port_pin_write(uint32_t pin, bool high) {
    if (is_there(pin)) {
        TM_REG((high ? GPIO_WTS : GPIO_WTC) + 4u * (pin / 32u)) = 1u << (pin % 32u);
    }
}
