/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_pairs_s8.h"

#include "tm_hold_s8.h"
#include "tm_memory.h"
#include "tm_widen_s8.h"

void tm_fully_connected_pairs_s8(const tm_fully_connected_pairs_s8_params *p, const int8_t *in,
                                 const int32_t *weights, const uint8_t *scales, int32_t *x,
                                 int8_t *some, int8_t *out) {
    tm_tile tile = p->tile;
    int32_t count;
    for (int32_t done = 0; done < p->batches; done += count) {
        const int32_t left = p->batches - done;
        count = left < 4 ? left : 4;
        const int32_t first = p->from_end ? left - count : done;
        const int8_t *rows[4];
        for (int32_t i = 0; i < 4; ++i) {
            rows[i] = in + (first + (i < count ? i : count - 1)) * p->in_len;
        }
        int8_t *const to = out + first * tile.out_count;
        int8_t *const made = count == 2 || count == 3 ? some : to;
        tile.out_step = count == 1 ? 0 : tile.out_count;
        tm_widen_s8(rows, p->in_len, x);
        tm_tile_s8(&tile, x, weights, scales, made);
        tm_hold(made, count * tile.out_count, p->least, p->most);
        if (made != to) {
            memcpy(to, made, (size_t)(count * tile.out_count));
        }
    }
}
