/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fours_channels.h"

#include "tm_four_sums.h"
#include "tm_layer_channels.h"
#include "tm_little.h"

TM_LITTLE void tm_fours_channels(const tm_packed_layer *p, tm_channel *channels) {
    const int32_t count = tm_fours_count(p), taps = p->layer.kernel_h * p->layer.kernel_w;
    const int32_t *weights = p->weights + count;
    const int32_t padding = p->layer.padding;
    tm_layer_channels(p, count, channels);
    for (int32_t left = count; left > 0; left -= 4, channels += 4, weights += taps) {
        const tm_four_sums none = {0, 0, 0, 0};
        const tm_four_sums sums = tm_add_fours(none, (const int8_t *)weights, 4, taps);
        channels[0].start -= padding * sums.a;
        channels[1].start -= padding * sums.b;
        channels[2].start -= padding * sums.c;
        channels[3].start -= padding * sums.d;
    }
}
