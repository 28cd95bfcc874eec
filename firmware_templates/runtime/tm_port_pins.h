/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's pins, and its button. A port gives this in tm_port_pins.c; it is in the firmware only
 * if a file includes this header. Not for pins that the serial line, the LED or sensors are on. */
#ifndef TM_PORT_PINS_H
#define TM_PORT_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "board_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A pin's number: P1.02 of an nRF52840 is TM_PIN(1, 2), PB7 of an STM32 TM_PIN(1, 7); a pad of an
 * Apollo3 and a GPIO of an RP2040 are their own numbers. */
#define TM_PIN(port, pin) (32u * (port) + (pin))

typedef enum {
    TM_PIN_INPUT = 0,
    TM_PIN_INPUT_PULLED_UP,
    TM_PIN_INPUT_PULLED_DOWN,
    TM_PIN_OUTPUT, /* at the level of the last tm_port_pin_write, low at first */
} tm_pin_mode;

/* Returns false if the microcontroller has no such pin, or not this mode for it. */
bool tm_port_pin_set_up(uint32_t pin, tm_pin_mode mode);
/* The level of a pin that was set up, also of an output; false for one that is not there. */
bool tm_port_pin_read(uint32_t pin);
/* Nothing for a pin that is not there. */
void tm_port_pin_write(uint32_t pin, bool high);

/* On boards with a [button] in their file, which are those that #ifdef TM_BUTTON_PIN finds. A press
 * bounces for some milliseconds: look at it no more often than every 20 ms. */
#ifdef TM_BUTTON_PIN
/* Pulled to where it is not pressed. */
static inline bool tm_port_button_on(void) {
    return tm_port_pin_set_up(TM_BUTTON_PIN, TM_BUTTON_ACTIVE_LOW ? TM_PIN_INPUT_PULLED_UP
                                                                  : TM_PIN_INPUT_PULLED_DOWN);
}

static inline bool tm_port_button_is_pressed(void) {
    return tm_port_pin_read(TM_BUTTON_PIN) != (TM_BUTTON_ACTIVE_LOW != 0);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
