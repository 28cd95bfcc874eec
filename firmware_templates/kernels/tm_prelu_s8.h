/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_PRELU_S8_H
#define TM_PRELU_S8_H

#include <stdint.h>

typedef struct {
    int32_t zero_point;
    int32_t slope_zero_point;
    int32_t multiplier, shift;             /* above 0 */
    int32_t slope_multiplier, slope_shift; /* of in * slope, below 0 */
    int32_t output_zero_point;
} tm_prelu_s8_params;

/* in, slope: any shapes that broadcast to out's; plan: see tm_broadcast.h, in is left. */
void tm_prelu_s8(const tm_prelu_s8_params *p, const int8_t *in, const int8_t *slope,
                 const int32_t *plan, int8_t *out);

#endif
