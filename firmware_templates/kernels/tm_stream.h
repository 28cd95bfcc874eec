/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream whose samples so far stand in `kept` and its next ones in `in`. */
#ifndef TM_STREAM_H
#define TM_STREAM_H

#include <stdint.h>

/* Lets the last `count` of the stream's samples stand in kept instead of the first ones; in has
 * `more`. */
static inline void tm_stream_advance(int16_t *kept, int32_t count, const int16_t *in,
                                     int32_t more) {
    for (int32_t i = 0; i < count; ++i) {
        kept[i] = i + more < count ? kept[i + more] : in[i + more - count];
    }
}

/* The i-th sample of the stream. */
static inline int16_t tm_stream_at(const int16_t *kept, int32_t count, const int16_t *in,
                                   int32_t i) {
    return i < count ? kept[i] : in[i - count];
}

#endif
