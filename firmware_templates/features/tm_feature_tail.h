/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a stream of sound, of which the next frame is computed. */
#ifndef TM_FEATURE_TAIL_H
#define TM_FEATURE_TAIL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint32_t window; /* sound samples in a frame */
    uint32_t hop;    /* from one frame to the next */
} tm_feature_tail_params;

typedef struct {
    uint32_t filled; /* samples that are there */
    uint32_t skip;   /* samples to leave out first, where frames have gaps between them */
} tm_feature_tail;

/* Takes samples from sound (samples) into kept (window) until a frame is complete or all are taken;
 * returns how many. */
uint32_t tm_feature_tail_take(const tm_feature_tail_params *p, tm_feature_tail *tail, int16_t *kept,
                              const int16_t *sound, uint32_t samples);
bool tm_feature_tail_is_frame(const tm_feature_tail_params *p, const tm_feature_tail *tail);
/* After a frame: keeps what the next one shares with it. */
void tm_feature_tail_advance(const tm_feature_tail_params *p, tm_feature_tail *tail, int16_t *kept);

#endif
