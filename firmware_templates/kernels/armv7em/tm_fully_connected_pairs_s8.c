/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_pairs_s8.h"

#include "tm_hold.h"
#include "tm_widen_s8.h"

void tm_fully_connected_pairs_s8(const tm_fully_connected_pairs_s8_params *p, const int8_t *in,
                                 const int32_t *weights, const uint8_t *scales, int32_t *x,
                                 int8_t *out) {
    tm_tile tile = p->tile;
    int32_t count;
    for (int32_t done = 0; done < p->batches; done += count) {
        count = p->batches - done >= 4 ? 4 : 1;
        const int32_t first = p->from_end ? p->batches - done - count : done;
        const int32_t step = count == 4 ? p->in_len : 0;
        const int8_t *const rows = in + first * p->in_len;
        const int8_t *const from[4] = {rows, rows + step, rows + 2 * step, rows + 3 * step};
        int8_t *const to = out + first * tile.out_count;
        tile.out_step = count == 4 ? tile.out_count : 0;
        tm_widen_s8(from, p->in_len, x);
        tm_tile_s8(&tile, x, weights, scales, to);
        tm_hold(to, count * tile.out_count, p->least, p->most);
    }
}
