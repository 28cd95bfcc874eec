/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESCALE_S16_S8_H
#define TM_RESCALE_S16_S8_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    int32_t in_zero_point;
    int32_t multiplier, shift;
    int32_t out_zero_point;
} tm_rescale_s16_s8_params;

/* in (elements), out (elements) */
void tm_rescale_s16_s8(const tm_rescale_s16_s8_params *p, const int16_t *in, int8_t *out);

#endif
