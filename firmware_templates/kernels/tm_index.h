/* SPDX-License-Identifier: Apache-2.0
 *
 * Indices that the network computes, or its input says: nothing may be read outside of a tensor. */
#ifndef TM_INDEX_H
#define TM_INDEX_H

#include <stdint.h>

/* The index itself, or the nearest one in 0 to size - 1. */
static inline int32_t tm_index_within(int32_t index, int32_t size) {
    if (index < 0) {
        return 0;
    }
    return index < size ? index : size - 1;
}

#endif
