/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESCALE_S16_S16_H
#define TM_RESCALE_S16_S16_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    int32_t in_zero_point;
    int32_t multiplier, shift;
    int32_t out_zero_point;
} tm_rescale_s16_s16_params;

/* in (elements), out (elements) */
void tm_rescale_s16_s16(const tm_rescale_s16_s16_params *p, const int16_t *in, int16_t *out);

#endif
