/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying and filling, as an instruction set does it best. */
#ifndef TM_BYTES_H
#define TM_BYTES_H

#include <stdint.h>

#include "tm_memory.h"

static inline void tm_copy_bytes(int8_t *to, const int8_t *from, int32_t count) {
    memcpy(to, from, (size_t)count);
}

static inline void tm_fill_bytes(int8_t *to, int8_t value, int32_t count) {
    memset(to, value, (size_t)count);
}

/* tm_copy_bytes for a few. */
static inline void tm_copy_few(int8_t *to, const int8_t *from, int32_t count) {
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        __builtin_memcpy(to, from, 4);
    }
    for (; count > 0; --count) {
        *to++ = *from++;
    }
}

#endif
