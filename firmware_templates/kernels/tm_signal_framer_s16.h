/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_FRAMER_S16_H
#define TM_SIGNAL_FRAMER_S16_H

#include <stdint.h>

typedef struct {
    int32_t channels; /* streams */
    int32_t frames;   /* of each stream in a call */
    int32_t size;     /* samples of a frame */
    int32_t step;     /* samples from a frame to the next one: 1 to size */
    int32_t before;   /* zeros before the first sample: 0 to size - 1 */
} tm_signal_framer_s16_params;

/* in (channels, frames, step), kept (channels, size): state, the samples that are not in a frame
 * yet, count: state, how many of them came from in, out (channels, frames, size): 0 where there is
 * no frame yet, complete: 1 if there is none such. */
void tm_signal_framer_s16(const tm_signal_framer_s16_params *p, const int16_t *in, int16_t *kept,
                          int32_t *count, int16_t *out, uint8_t *complete);

#endif
