/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGMOID_S16_H
#define TM_SIGMOID_S16_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    int32_t multiplier, shift; /* to steps of 1 / 12288 */
    int32_t is_tanh;
} tm_sigmoid_s16_params;

/* in (elements), table (256): 1 / (1 + exp(-i / 24)) in steps of 2^-16, out (elements) in steps of
 * 2^-15. tanh(x) is 2 / (1 + exp(-2x)) - 1. */
void tm_sigmoid_s16(const tm_sigmoid_s16_params *p, const int16_t *in, const uint16_t *table,
                    int16_t *out);

#endif
