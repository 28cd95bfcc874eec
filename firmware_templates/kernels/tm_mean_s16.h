/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_MEAN_S16_H
#define TM_MEAN_S16_H

#include <stdint.h>

/* As in tm_mean_s8.h; both zero points are 0. */
typedef struct {
    int32_t kept[3], kept_step[3];
    int32_t gone[3], gone_step[3];
    int32_t multiplier, shift;
} tm_mean_s16_params;

/* in (kept and gone axes in the order of their steps), out (kept[0], kept[1], kept[2]) */
void tm_mean_s16(const tm_mean_s16_params *p, const int16_t *in, int16_t *out);

#endif
