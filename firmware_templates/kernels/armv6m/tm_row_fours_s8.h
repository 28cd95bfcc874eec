/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ROW_FOURS_S8_H
#define TM_ROW_FOURS_S8_H

#include <stdint.h>

/* What all rows of a layer share. */
typedef struct {
    int32_t inputs;
    int32_t out_count;       /* output channels */
    int32_t rounding;        /* 2 * zero_point + 1 of the output */
    int32_t multiplier_step; /* bytes from a channel's multiplier to the next one's: 4, or 0 */
} tm_row_fours;

/* One row of inputs times all output channels. in (inputs), weights as tm_four_channels.h has them,
 * with zeros for channels that are missing in the last four; out (out_count). */
void tm_row_fours_s8(const tm_row_fours *t, const int8_t *in, const int32_t *weights, int8_t *out);

#endif
