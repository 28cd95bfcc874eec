/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_stream_shift.h"

#include "tm_memory.h"

void tm_stream_shift(const tm_stream_shift_params *p, const void *in, void *state) {
    const tm_stream_shift_params params = *p; /* state could be an alias of p, this cannot */
    const uint8_t *new = in;
    uint8_t *row = state;
    for (int32_t i = 0; i < params.rows; ++i) {
        /* A piece as long as the way that it goes does not overlap where it goes to. */
        for (int32_t at = 0; at < params.kept; at += params.added) {
            const int32_t left = params.kept - at;
            const int32_t piece = left < params.added ? left : params.added;
            memcpy(&row[at], &row[at + params.added], (size_t)piece);
        }
        memcpy(&row[params.kept], new, (size_t)params.added);
        row += params.kept + params.added;
        new += params.added;
    }
}
