/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_WINDOW_S16_H
#define TM_SIGNAL_WINDOW_S16_H

#include <stdint.h>

typedef struct {
    int32_t frames, samples;
    int32_t shift; /* 0 to 15 */
} tm_signal_window_s16_params;

/* in (frames, samples), window (samples), out (frames, samples): products / 2^shift, held to
 * int16. */
void tm_signal_window_s16(const tm_signal_window_s16_params *p, const int16_t *in,
                          const int16_t *window, int16_t *out);

#endif
