/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fill.h"

#include "tm_memory.h"

void tm_fill(const tm_fill_params *p, const void *value, void *out) {
    const size_t item = (size_t)p->element_bytes;
    const int32_t elements = p->elements;
    uint8_t *to = out;
    if (item == 1) {
        memset(to, *(const uint8_t *)value, (size_t)elements);
        return;
    }
    for (int32_t i = 0; i < elements; ++i, to += item) {
        memcpy(to, value, item);
    }
}
