/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_PAD_S8_H
#define TM_PAD_S8_H

#include <stdint.h>

/* Sizes of five axes, outermost first, in elements; a size of 1 fills up what is not needed. */
typedef struct {
    int32_t in[5], before[5], out[5];
    int32_t value;
} tm_pad_s8_params;

/* in (in[0], ... in[4]), out (out[0], ... out[4]); in stands before[i] from the start of axis i. */
void tm_pad_s8(const tm_pad_s8_params *p, const int8_t *in, int8_t *out);

#endif
