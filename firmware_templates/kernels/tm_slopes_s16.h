/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SLOPES_S16_H
#define TM_SLOPES_S16_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
    int32_t above_multiplier, above_shift; /* of numbers from 0 on */
    int32_t below_multiplier, below_shift; /* of numbers below 0 */
    int32_t below_factor;                  /* 1, or -1 to mirror numbers below 0 first */
    int32_t least, most;
} tm_slopes_s16_params;

/* in (elements), out (elements): one factor above 0 and one below, as RELU, LEAKY_RELU and ABS
 * have. */
void tm_slopes_s16(const tm_slopes_s16_params *p, const int16_t *in, int16_t *out);

#endif
