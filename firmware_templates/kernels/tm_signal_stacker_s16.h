/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_STACKER_S16_H
#define TM_SIGNAL_STACKER_S16_H

#include <stdint.h>

typedef struct {
    int32_t channels; /* numbers of a row */
    int32_t rows;     /* of a stack */
    int32_t before;   /* copies of the first row that stand before it: less than rows */
    int32_t step;     /* rows from a stack to the next one: 1 to rows */
} tm_signal_stacker_s16_params;

/* in (channels): the next row, kept (rows, channels): state, count: state, 1 + how many rows are
 * kept, 0 before the first row, out (rows, channels): 0 where there is no stack, complete: 1 where
 * there is one. */
void tm_signal_stacker_s16(const tm_signal_stacker_s16_params *p, const int16_t *in, int16_t *kept,
                           int32_t *count, int16_t *out, uint8_t *complete);

#endif
