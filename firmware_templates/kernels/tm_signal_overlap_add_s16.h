/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_OVERLAP_ADD_S16_H
#define TM_SIGNAL_OVERLAP_ADD_S16_H

#include <stdint.h>

typedef struct {
    int32_t channels; /* streams */
    int32_t frames;   /* of each stream in a call */
    int32_t size;     /* samples of a frame */
    int32_t step;     /* samples from a frame to the next one: 1 to size */
} tm_signal_overlap_add_s16_params;

/* in (channels, frames, size), kept (channels, size - step, at least 1): state, the sums so far of
 * samples to come, out (channels, frames, step): sums held to 16 bits. */
void tm_signal_overlap_add_s16(const tm_signal_overlap_add_s16_params *p, const int16_t *in,
                               int16_t *kept, int16_t *out);

#endif
