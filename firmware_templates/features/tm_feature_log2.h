/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FEATURE_LOG2_H
#define TM_FEATURE_LOG2_H

#include <stdint.h>

/* 256 log2 of a positive value, cut off below: the fraction by eight squarings. */
static inline int32_t tm_feature_log2(uint64_t value) {
    const uint32_t high = (uint32_t)(value >> 32);
    uint32_t left = high != 0u ? high : (uint32_t)value;
    int32_t exponent = high != 0u ? 32 : 0;
    for (int32_t bits = 16; bits > 0; bits >>= 1) {
        if (left >> bits != 0u) {
            exponent += bits;
            left >>= bits;
        }
    }
    uint32_t mantissa =
        exponent > 31 ? (uint32_t)(value >> (exponent - 31)) : (uint32_t)value << (31 - exponent);
    for (int32_t i = 0; i < 8; i++) {
        const uint64_t square = (uint64_t)mantissa * mantissa;
        const uint32_t word = (uint32_t)(square >> 32);
        const uint32_t bit = word >> 31;
        mantissa = bit != 0u ? word : (uint32_t)(square >> 31);
        exponent = 2 * exponent + (int32_t)bit;
    }
    return exponent;
}

#endif
