/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CUMSUM_S8_H
#define TM_CUMSUM_S8_H

#include <stdint.h>

typedef struct {
    int32_t outer;
    int32_t length;
    int32_t inner;
    int32_t exclusive;         /* 1: without the element itself */
    int32_t reverse;           /* 1: from the last element */
    int32_t multiplier, shift; /* of a sum in steps of the input / 2^19 */
    int32_t output_zero_point;
} tm_cumsum_s8_params;

/* in (outer, length, inner), out (outer, length, inner): sums along length; out may be in. */
void tm_cumsum_s8(const tm_cumsum_s8_params *p, const int8_t *in, int8_t *out);

#endif
