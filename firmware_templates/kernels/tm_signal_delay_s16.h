/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_DELAY_S16_H
#define TM_SIGNAL_DELAY_S16_H

#include <stdint.h>

typedef struct {
    int32_t channels; /* streams */
    int32_t samples;  /* of each stream in a call */
    int32_t delay;    /* samples by which they come later, 0 or more */
} tm_signal_delay_s16_params;

/* in (channels, samples), kept (channels, delay, at least 1): state, out (channels, samples). */
void tm_signal_delay_s16(const tm_signal_delay_s16_params *p, const int16_t *in, int16_t *kept,
                         int16_t *out);

#endif
