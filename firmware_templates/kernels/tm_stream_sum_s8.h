/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_STREAM_SUM_S8_H
#define TM_STREAM_SUM_S8_H

#include <stdint.h>

typedef struct {
    int32_t columns;  /* of a window */
    int32_t added;    /* new ones, at least 1; as many go */
    int32_t rows;     /* of a column */
    int32_t channels; /* of a row */
    int32_t start;    /* less the input's zero point for each element of a sum */
    int32_t multiplier, shift;
    int32_t zero_point;
} tm_stream_sum_s8_params;

/* in (added, rows, channels), kept (columns, rows, channels): state, the window's columns, from the
 * oldest on and round, sums (channels + 1): state, the sum of each channel, then the place of the
 * oldest column, out (channels). */
void tm_stream_sum_s8(const tm_stream_sum_s8_params *p, const int8_t *in, int8_t *kept,
                      int32_t *sums, int8_t *out);

#endif
