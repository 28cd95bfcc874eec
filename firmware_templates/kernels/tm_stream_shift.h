/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_STREAM_SHIFT_H
#define TM_STREAM_SHIFT_H

#include <stdint.h>

typedef struct {
    int32_t rows;  /* that are shifted alike */
    int32_t kept;  /* bytes of each row that stay, at least 1 */
    int32_t added; /* bytes of each row that are new, at least 1; as many go */
} tm_stream_shift_params;

/* in (rows, added), state (rows, kept + added): the last `kept` of each of its rows go to the
 * front, those of in behind them. */
void tm_stream_shift(const tm_stream_shift_params *p, const void *in, void *state);

#endif
