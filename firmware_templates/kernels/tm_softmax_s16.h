/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SOFTMAX_S16_H
#define TM_SOFTMAX_S16_H

#include <stdint.h>

typedef struct {
    uint32_t rows;
    uint32_t depth;            /* 1 to 65535 */
    int32_t multiplier, shift; /* from a difference to steps of 10 / 65535 */
} tm_softmax_s16_params;

/* in (rows, depth), exp (513): exp(10 * (i / 512 - 1)), inverse (513): 1 / (1 + i / 512), both in
 * steps of 2^-15, out (rows, depth) in steps of 2^-15. A row of in is read before out's is written
 * but for its elements, of which each is read until its own is written. */
void tm_softmax_s16(const tm_softmax_s16_params *p, const int16_t *in, const int16_t *exp,
                    const int16_t *inverse, int16_t *out);

#endif
