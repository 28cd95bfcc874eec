/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_gather_nd.h"

#include "tm_index.h"
#include "tm_memory.h"

void tm_gather_nd(const tm_gather_nd_params *p, const void *in, const int32_t *indices, void *out) {
    uint8_t *to = out;
    for (int32_t i = 0; i < p->count; ++i) {
        int32_t from = 0;
        for (int32_t axis = 0; axis < p->axes; ++axis) {
            from += tm_index_within(*indices++, p->size[axis]) * p->step[axis];
        }
        memcpy(to, (const uint8_t *)in + from, (size_t)p->run);
        to += p->run;
    }
}
