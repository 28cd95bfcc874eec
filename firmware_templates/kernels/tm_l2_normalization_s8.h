/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_L2_NORMALIZATION_S8_H
#define TM_L2_NORMALIZATION_S8_H

#include <stdint.h>

typedef struct {
    int32_t rows;
    int32_t depth;
    int32_t zero_point;
} tm_l2_normalization_s8_params;

/* in (rows, depth), out (rows, depth) in steps of 1/128 around 0; out may be in. */
void tm_l2_normalization_s8(const tm_l2_normalization_s8_params *p, const int8_t *in, int8_t *out);

#endif
