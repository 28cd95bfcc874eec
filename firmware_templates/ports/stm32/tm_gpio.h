/* SPDX-License-Identifier: Apache-2.0
 *
 * Pins of an STM32: chapter GPIO of the reference manual that tm_family.h names. */
#ifndef TM_GPIO_H
#define TM_GPIO_H

#include "tm_cortex_m.h"
#include "tm_family.h"

#define GPIO(port, offset) TM_REG(GPIO_BASE + 0x400u * (port) + (offset))
#define GPIO_MODER 0x00u
#define GPIO_MODE_INPUT 0u
#define GPIO_MODE_OUTPUT 1u
#define GPIO_MODE_ALTERNATE 2u
#define GPIO_PUPDR 0x0Cu
#define GPIO_PULL_UP 1u
#define GPIO_PULL_DOWN 2u
#define GPIO_IDR 0x10u
#define GPIO_BSRR 0x18u
#define GPIO_AFRL 0x20u

static inline void tm_field_set(volatile uint32_t *word, uint32_t shift, uint32_t bits,
                                uint32_t value) {
    *word = (*word & ~(((1u << bits) - 1u) << shift)) | (value << shift);
}

#endif
