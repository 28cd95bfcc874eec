/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_tail.h"

uint32_t tm_feature_tail_take(const tm_feature_tail_params *p, tm_feature_tail *tail, int16_t *kept,
                              const int16_t *sound, uint32_t samples) {
    const uint32_t skipped = tail->skip < samples ? tail->skip : samples;
    const uint32_t room = p->window - tail->filled, left = samples - skipped;
    const uint32_t taken = room < left ? room : left;
    for (uint32_t i = 0; i < taken; i++) {
        kept[tail->filled + i] = sound[skipped + i];
    }
    tail->skip -= skipped;
    tail->filled += taken;
    return skipped + taken;
}

bool tm_feature_tail_is_frame(const tm_feature_tail_params *p, const tm_feature_tail *tail) {
    return tail->filled == p->window;
}

void tm_feature_tail_advance(const tm_feature_tail_params *p, tm_feature_tail *tail,
                             int16_t *kept) {
    const uint32_t shared = p->hop < p->window ? p->window - p->hop : 0u;
    for (uint32_t i = 0; i < shared; i++) {
        kept[i] = kept[p->hop + i];
    }
    tail->filled = shared;
    tail->skip = p->hop > p->window ? p->hop - p->window : 0u;
}
