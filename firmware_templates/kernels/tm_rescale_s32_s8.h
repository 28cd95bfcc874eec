/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESCALE_S32_S8_H
#define TM_RESCALE_S32_S8_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    int32_t multiplier, shift;
    int32_t out_zero_point;
} tm_rescale_s32_s8_params;

/* in (elements), out (elements); shift is 0 or to the right */
void tm_rescale_s32_s8(const tm_rescale_s32_s8_params *p, const int32_t *in, int8_t *out);

#endif
