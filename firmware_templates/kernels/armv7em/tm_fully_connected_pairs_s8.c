/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_pairs_s8.h"

#include "tm_hold_s8.h"
#include "tm_layer_channels.h"
#include "tm_little.h"
#include "tm_memory.h"
#include "tm_widen_s8.h"

TM_LITTLE void tm_fully_connected_pairs_s8(const tm_fully_connected_pairs_s8_params *params,
                                           const int8_t *in, tm_channel *room, int32_t *x,
                                           int8_t *out) {
    const tm_layer *const p = &params->layer;
    const int32_t pixels = p->batches * p->out_h * p->out_w;
    const int32_t channel_count = (p->out_c + 1) & ~1;
    tm_tile tile = {tm_words_of(p->in_c), p->out_c, 0, 2 * p->zero_point + 1, 0};
    int8_t *const some = (int8_t *)(x + 4 * tile.pairs);
    const tm_channel *const channels = tm_layer_channels(params, channel_count, room);
    int32_t count;
    for (int32_t done = 0; done < pixels; done += count) {
        const int32_t left = pixels - done;
        count = left < 4 ? left : 4;
        const int32_t first = p->from_end ? left - count : done;
        const int8_t *rows[4];
        for (int32_t i = 0; i < 4; ++i) {
            rows[i] = in + (first + (i < count ? i : count - 1)) * p->in_c;
        }
        int8_t *const to = out + first * tile.out_count;
        int8_t *const made = count == 2 || count == 3 ? some : to;
        tile.out_step = count == 1 ? 0 : tile.out_count;
        tm_widen_s8(rows, p->in_c, x, tm_twice(-p->padding));
        tm_tile_s8(&tile, x, params->weights, channels, made);
        tm_hold(made, count * tile.out_count, p->least, p->most);
        if (made != to) {
            memcpy(to, made, (size_t)(count * tile.out_count));
        }
    }
}
