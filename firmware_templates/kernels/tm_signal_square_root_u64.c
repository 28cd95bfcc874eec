/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_square_root_u64.h"

/* Bit by bit from the highest: rest is what the root so far leaves of x. */
static uint32_t root_of(uint64_t x) {
    const uint32_t most = x > UINT32_MAX ? UINT32_MAX : UINT16_MAX;
    uint64_t rest = x, root = 0;
    for (uint64_t bit = (uint64_t)1 << 62; bit > 0; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root < most && rest > root ? (uint32_t)root + 1 : (uint32_t)root;
}

void tm_signal_square_root_u64(const tm_signal_square_root_u64_params *p, const uint64_t *in,
                               const int32_t *bits, uint32_t *out) {
    const int32_t elements = p->elements;
    const uint32_t shift = (uint32_t)*bits & 31u;
    for (int32_t i = 0; i < elements; ++i) {
        out[i] = root_of(in[i]) >> shift;
    }
}
