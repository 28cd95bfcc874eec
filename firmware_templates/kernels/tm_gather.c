/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_gather.h"

#include "tm_index.h"
#include "tm_memory.h"

void tm_gather(const tm_gather_params *p, const void *in, const int32_t *indices, void *out) {
    const uint8_t *from = in;
    uint8_t *to = out;
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t row = 0; row < p->outer; ++row) {
            for (int32_t i = 0; i < p->count; ++i) {
                memcpy(to, from + tm_index_within(indices[i], p->axis) * p->run, (size_t)p->run);
                to += p->run;
            }
            from += p->axis * p->run;
        }
        indices += p->count;
    }
}
