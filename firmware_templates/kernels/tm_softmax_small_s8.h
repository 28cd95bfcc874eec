/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SOFTMAX_SMALL_S8_H
#define TM_SOFTMAX_SMALL_S8_H

#include <stdint.h>

typedef struct {
    uint32_t rows;
    uint32_t depth;            /* 1 to 4095 */
    uint32_t entries;          /* what is so far from the row's maximum counts as 0 */
    int32_t multiplier, shift; /* from a step of the input to Q5; shift >= 0 */
} tm_softmax_small_s8_params;

/* in (rows, depth), out (rows, depth); out may be in. The same as tm_softmax_s8 without a table:
 * each exp is computed, twice. */
void tm_softmax_small_s8(const tm_softmax_small_s8_params *p, const int8_t *in, int8_t *out);

#endif
