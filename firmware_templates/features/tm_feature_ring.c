/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_ring.h"

void tm_feature_ring_start(const tm_feature_ring_params *p, tm_feature_ring *ring, uint32_t hop) {
    const uint32_t most = hop < p->rows ? hop : p->rows;
    const tm_feature_ring empty = {.hop = most > 0u ? most : 1u, .missing = p->rows};
    *ring = empty;
}

void tm_feature_ring_add(const tm_feature_ring_params *p, tm_feature_ring *ring) {
    ring->next = ring->next + 1u == p->rows ? 0u : ring->next + 1u;
    ring->missing--;
    if (ring->missing == 0u) {
        ring->missing = ring->hop;
        ring->is_due = true;
    }
}

void tm_feature_ring_copy(const tm_feature_ring_params *p, const tm_feature_ring *ring,
                          const void *kept, void *window) {
    const uint8_t *const from = kept;
    uint8_t *to = window;
    const uint32_t oldest = ring->next * p->row_bytes, end = p->rows * p->row_bytes;
    for (uint32_t i = oldest; i < end; i++) {
        *to++ = from[i];
    }
    for (uint32_t i = 0; i < oldest; i++) {
        *to++ = from[i];
    }
}
