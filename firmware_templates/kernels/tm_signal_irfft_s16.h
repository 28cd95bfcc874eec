/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_IRFFT_S16_H
#define TM_SIGNAL_IRFFT_S16_H

#include <stdint.h>

typedef struct {
    int32_t frames; /* in a call */
    int32_t points; /* samples that a frame has: a power of two from 4 on */
} tm_signal_irfft_s16_params;

/* in (frames, points / 2 + 1, 2): real and imaginary parts, turns (points / 2, 2): cosine and sine
 * of each part of a turn, half_turns (points / 4, 2): those that join the two halves, out (frames,
 * points). */
void tm_signal_irfft_s16(const tm_signal_irfft_s16_params *p, const int16_t *in,
                         const int16_t *turns, const int16_t *half_turns, int16_t *out);

#endif
