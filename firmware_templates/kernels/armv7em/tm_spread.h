/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SPREAD_H
#define TM_SPREAD_H

#include <stdint.h>

/* Rows of taps, two of which stand in the words of one strip; taps of a row come in runs. */
typedef struct {
    int32_t step; /* from a pixel's words to those of the next */
    int32_t taps; /* of a run */
    int32_t next; /* from where the runs of a strip end to the next strip, in words */
    int32_t rows;
    int32_t runs;    /* of a row */
    int32_t between; /* from a run to the next, in words */
} tm_spread_params;

/* words: strips, each with the first of four pixels at its start. x: the words of each tap in turn,
 * four pixels side by side; of the runs of a row that is left over every second one. */
void tm_spread(const tm_spread_params *p, const int32_t *words, int32_t *x);

#endif
