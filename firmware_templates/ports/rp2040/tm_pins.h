/* SPDX-License-Identifier: Apache-2.0
 *
 * Pins of the RP2040 (DS 2.3.1 SIO, 2.19 GPIO). */
#ifndef TM_PINS_H
#define TM_PINS_H

#include "tm_cortex_m.h"

#define PADS_GPIO(pin) TM_REG(0x4001C004u + 4u * (pin))
#define PADS_DRIVE_4MA (1u << 4)
#define PADS_SCHMITT (1u << 1)
#define PADS_PULL_DOWN (1u << 2)
#define PADS_PULL_UP (1u << 3)
#define PADS_INPUT (1u << 6)
#define PADS_OUTPUT_OFF (1u << 7)
#define IO_GPIO_CTRL(pin) TM_REG(0x40014004u + 8u * (pin))
#define IO_FUNCTION_UART 2u
#define IO_FUNCTION_SIO 5u
#define IO_FUNCTION_NONE 31u
#define SIO_GPIO_IN 0xD0000004u
#define SIO_GPIO_OUT_SET 0xD0000014u
#define SIO_GPIO_OUT_CLR 0xD0000018u
#define SIO_GPIO_OE_SET 0xD0000024u
#define SIO_GPIO_OE_CLR 0xD0000028u

#endif
