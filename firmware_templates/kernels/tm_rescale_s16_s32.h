/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESCALE_S16_S32_H
#define TM_RESCALE_S16_S32_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    int32_t in_zero_point;
    int32_t multiplier, shift;
} tm_rescale_s16_s32_params;

/* in (elements), out (elements) */
void tm_rescale_s16_s32(const tm_rescale_s16_s32_params *p, const int16_t *in, int32_t *out);

#endif
