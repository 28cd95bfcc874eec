/* SPDX-License-Identifier: Apache-2.0
 *
 * Sigmoid and tanh of 16-bit numbers by a table of the sigmoid at multiples of 1/24, from 0 on, in
 * steps of 2^-16, and straight lines between. Magnitudes count in steps of 1/12288. */
#ifndef TM_SIGMOID_TABLE_H
#define TM_SIGMOID_TABLE_H

#include <stdint.h>

#define TM_SIGMOID_ENTRIES 256

/* Whether a magnitude lies where the table ends, and the sigmoid is taken for 1. */
static inline int32_t tm_is_beyond_table(uint32_t magnitude) {
    return magnitude >> 9 >= TM_SIGMOID_ENTRIES - 1;
}

/* The sigmoid of a magnitude in steps of 2^-25. */
static inline int32_t tm_sigmoid_at(const uint16_t *table, uint32_t magnitude) {
    const uint16_t *const at = table + (magnitude >> 9);
    return (int32_t)((uint32_t)at[0] << 9) + (int32_t)(magnitude & 511u) * (at[1] - at[0]);
}

static inline uint32_t tm_magnitude(int32_t value) {
    return value < 0 ? (uint32_t)-value : (uint32_t)value;
}

/* The sigmoid of value / 12288 in steps of 2^-15. */
static inline int32_t tm_sigmoid(const uint16_t *table, int32_t value) {
    const uint32_t magnitude = tm_magnitude(value);
    const int32_t half =
        tm_is_beyond_table(magnitude) ? 0x7FFF << 10 : tm_sigmoid_at(table, magnitude);
    return (value < 0 ? (1 << 25) - half + 511 : half + 512) >> 10;
}

/* tanh of value / 12288 in steps of 2^-15: 2 * sigmoid(2 * x) - 1. */
static inline int32_t tm_tanh(const uint16_t *table, int32_t value) {
    const uint32_t magnitude = 2u * tm_magnitude(value);
    const int32_t whole =
        tm_is_beyond_table(magnitude) ? 0xFFFF << 9 : tm_sigmoid_at(table, magnitude);
    return (value < 0 ? (1 << 24) - whole + 255 : whole - (1 << 24) + 256) >> 9;
}

#endif
