/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESCALE_S32_S16_H
#define TM_RESCALE_S32_S16_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    int32_t multiplier, shift;
    int32_t out_zero_point;
} tm_rescale_s32_s16_params;

/* in (elements), out (elements); shift is 0 or to the right */
void tm_rescale_s32_s16(const tm_rescale_s32_s16_params *p, const int32_t *in, int16_t *out);

#endif
