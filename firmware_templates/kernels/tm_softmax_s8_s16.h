/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SOFTMAX_S8_S16_H
#define TM_SOFTMAX_S8_S16_H

#include <stdint.h>

typedef struct {
    uint32_t rows;
    uint32_t depth;   /* 1 to 4095 */
    uint32_t entries; /* of exp; what is farther from the row's maximum counts as 0 */
} tm_softmax_s8_s16_params;

/* in (rows, depth), exp (entries), out (rows, depth). exp[i] is exp(-i steps) in Q31,
 * exp[0] is INT32_MAX. */
void tm_softmax_s8_s16(const tm_softmax_s8_s16_params *p, const int8_t *in, const int32_t *exp,
                       int16_t *out);

#endif
