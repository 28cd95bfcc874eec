/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_STREAM_COUNT_H
#define TM_STREAM_COUNT_H

#include <stdint.h>

typedef struct {
    int32_t most; /* where the count stays */
} tm_stream_count_params;

/* count (1): state, one more than before. */
void tm_stream_count(const tm_stream_count_params *p, int32_t *count);

#endif
