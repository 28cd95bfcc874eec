/* SPDX-License-Identifier: Apache-2.0
 *
 * Pads of the Apollo3 Blue (DS, GPIO and Pad Configuration). */
#ifndef TM_PADS_H
#define TM_PADS_H

#include "tm_cortex_m.h"

#define GPIO_BASE 0x40010000u
#define GPIO_CFG 0x40010040u
#define GPIO_CFG_INPUT 0u
#define GPIO_CFG_PUSH_PULL 2u
#define GPIO_CFG_OPEN_DRAIN 4u
#define GPIO_PADKEY 0x40010060u
#define GPIO_KEY 0x73u
#define GPIO_RD 0x40010080u
#define GPIO_WTS 0x40010090u
#define GPIO_WTC 0x40010098u
#define PAD_PULL_UP 1u
#define PAD_INPUT_ENABLE (1u << 1)
#define PAD_STRONG (1u << 2)
#define PAD_FUNCTION(number) ((uint32_t)(number) << 3)
#define PAD_FUNCTION_GPIO 3u

/* Needs the key in PADKEY. */
static inline void tm_pad_init(uint32_t pad, uint32_t padreg, uint32_t cfg) {
    const uint32_t byte = 8u * (pad % 4u);
    const uint32_t nibble = 4u * (pad % 8u);
    volatile uint32_t *const padreg_word = &TM_REG(GPIO_BASE + 4u * (pad / 4u));
    volatile uint32_t *const cfg_word = &TM_REG(GPIO_CFG + 4u * (pad / 8u));
    *padreg_word = (*padreg_word & ~(0xFFu << byte)) | (padreg << byte);
    *cfg_word = (*cfg_word & ~(0xFu << nibble)) | (cfg << nibble);
}

#endif
