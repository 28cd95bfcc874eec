/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights of 4 bits, two in a byte. */
#ifndef TM_NIBBLES_H
#define TM_NIBBLES_H

#include <stdint.h>

/* The bytes of a row of so many weights. */
static inline int32_t tm_row_bytes_s4(int32_t length) { return (length + 1) / 2; }

/* The two weights in a byte. */
static inline int32_t tm_low_s4(int8_t pair) { return (int8_t)((uint8_t)pair << 4) >> 4; }

static inline int32_t tm_high_s4(int8_t pair) { return pair >> 4; }

#endif
