/* SPDX-License-Identifier: Apache-2.0
 *
 * Pins of the nRF52840 (PS 6.9). */
#ifndef TM_GPIO_H
#define TM_GPIO_H

#include "tm_cortex_m.h"

#define GPIO(port, offset) TM_REG(0x50000000u + 0x300u * (port) + (offset))
#define GPIO_OUTSET 0x508u
#define GPIO_OUTCLR 0x50Cu
#define GPIO_IN 0x510u
#define GPIO_DIRSET 0x518u
#define GPIO_DIRCLR 0x51Cu
#define GPIO_PIN_CNF(pin) (0x700u + 4u * (pin))
#define GPIO_INPUT 0u
#define GPIO_INPUT_PULLED_DOWN (1u << 2)
#define GPIO_INPUT_PULLED_UP (3u << 2)
#define GPIO_OUTPUT 3u
#define GPIO_OUTPUT_READ 1u /* with the input connected */
/* Standard 0, disconnected 1: an open drain. */
#define GPIO_OPEN_DRAIN ((3u << 2) | (6u << 8))

#endif
