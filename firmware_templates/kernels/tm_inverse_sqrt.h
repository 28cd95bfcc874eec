/* SPDX-License-Identifier: Apache-2.0
 *
 * 1 / sqrt of an integer, as TFLM computes it. */
#ifndef TM_INVERSE_SQRT_H
#define TM_INVERSE_SQRT_H

#include <stdint.h>

#include "tm_requantize.h"

typedef struct {
    int32_t multiplier; /* Q31 */
    int32_t right;      /* how far the product with multiplier has to be shifted */
} tm_inverse_sqrt_result;

/* x from 0, which gives the same as 1: Newton's method in Q28, five steps. */
static inline tm_inverse_sqrt_result tm_inverse_sqrt(int32_t x) {
    tm_inverse_sqrt_result result = {INT32_MAX, 0};
    if (x <= 1) {
        return result;
    }
    result.right = 11;
    while (x >= (int32_t)1 << 29) {
        x /= 4;
        ++result.right;
    }
    while (x < (int32_t)1 << 27) {
        x *= 4;
        --result.right;
    }
    const int32_t half = ((x >> 1) + 1) >> 1;
    const int32_t half_three = ((int32_t)1 << 28) + ((int32_t)1 << 27);
    int32_t root = (int32_t)1 << 28;
    for (int i = 0; i < 5; ++i) {
        const int32_t cube = tm_high_mul(tm_high_mul(root, root), root) * 64;
        root = (tm_high_mul(half_three, root) - tm_high_mul(half, cube)) * 8;
    }
    root = tm_high_mul(root, 1518500250); /* sqrt(1 / 2) */
    if (result.right < 0) {
        root = tm_shift_left(root, -result.right);
        result.right = 0;
    }
    result.multiplier = root;
    return result;
}

#endif
