/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_RFFT_S16_H
#define TM_SIGNAL_RFFT_S16_H

#include <stdint.h>

typedef struct {
    int32_t frames, samples; /* frames in a call; samples that a frame has, the rest are 0 */
    int32_t points;          /* a power of two from 4 on */
} tm_signal_rfft_s16_params;

/* in (frames, samples), turns (points / 2, 2): cosine and sine of each part of a turn, half_turns
 * (points / 4, 2): those that part the two halves, work (points / 2, 2), out (frames, points / 2 +
 * 1, 2): real and imaginary parts / points. */
void tm_signal_rfft_s16(const tm_signal_rfft_s16_params *p, const int16_t *in, const int16_t *turns,
                        const int16_t *half_turns, void *work, int16_t *out);

#endif
