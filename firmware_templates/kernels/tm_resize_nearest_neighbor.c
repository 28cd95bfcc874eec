/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_resize_nearest_neighbor.h"

#include "tm_memory.h"

void tm_resize_nearest_neighbor(const tm_resize_nearest_neighbor_params *p, const void *in,
                                const uint16_t *rows, const uint16_t *columns, void *out) {
    const int32_t run = p->run;
    const uint8_t *image = in;
    uint8_t *to = out;
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->out_h; ++y) {
            const uint8_t *row = image + rows[y] * p->in_w * run;
            for (int32_t x = 0; x < p->out_w; ++x) {
                memcpy(to, row + columns[x] * run, (size_t)run);
                to += run;
            }
        }
        image += p->in_h * p->in_w * run;
    }
}
