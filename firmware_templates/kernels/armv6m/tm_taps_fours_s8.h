/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_TAPS_FOURS_S8_H
#define TM_TAPS_FOURS_S8_H

#include <stdint.h>

/* What all pixels of a depthwise convolution share. Channels come in fours; the last four begin at
 * last and overlap those before where their number is no multiple of four. */
typedef struct {
    int32_t taps;
    int32_t last;
    int32_t rounding;        /* 2 * zero_point + 1 of the output */
    int32_t multiplier_step; /* bytes from a channel's multiplier to the next one's: 4, or 0 */
} tm_taps_fours;

/* One pixel. at (taps): where the pixels under the taps start; weights as tm_four_channels.h has
 * them; out (last + 4). */
void tm_taps_fours_s8(const tm_taps_fours *t, const int8_t *const *at, const int32_t *weights,
                      int8_t *out);

#endif
