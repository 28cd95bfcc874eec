/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ARG_EXTREME_S8_H
#define TM_ARG_EXTREME_S8_H

#include <stdint.h>

typedef struct {
    int32_t outer;
    int32_t length;
    int32_t inner;
    int32_t flip; /* 0 for the maximum, -1 for the minimum */
} tm_arg_extreme_s8_params;

/* in (outer, length, inner), out (outer, inner): the first place of the extreme along length. */
void tm_arg_extreme_s8(const tm_arg_extreme_s8_params *p, const int8_t *in, int32_t *out);

#endif
