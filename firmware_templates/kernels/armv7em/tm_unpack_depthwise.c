/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_unpack_depthwise.h"

#include "tm_four_sums.h"
#include "tm_little.h"
#include "tm_unpack_channels.h"

TM_LITTLE const tm_channel *tm_unpack_depthwise(const tm_packed_layer *p, int32_t count,
                                                tm_channel *room) {
    const int32_t taps = p->layer.kernel_h * p->layer.kernel_w, padding = p->layer.padding;
    const int32_t *weights = p->weights;
    const tm_channel *const found = tm_unpack_channels(p, count, room);
    if (found != room) {
        return found;
    }
    for (int32_t left = count; left > 0; left -= 4, room += 4, weights += taps) {
        const tm_four_sums none = {0, 0, 0, 0};
        const tm_four_sums sums = tm_add_fours(none, (const int8_t *)weights, 4, taps);
        room[0].start -= padding * sums.a;
        room[1].start -= padding * sums.b;
        room[2].start -= padding * sums.c;
        room[3].start -= padding * sums.d;
    }
    return found;
}
