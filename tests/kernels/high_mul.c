/* SPDX-License-Identifier: Apache-2.0
 *
 * The upper parts of products by halves against those of 64 bits: corners, and random numbers. */
#include "tm_high_mul.h"

static const int32_t corners[] = {INT32_MIN,  INT32_MIN + 1, -65536, -32768, -1,    0,
                                  1,          32767,         32768,  65535,  65536, 1 << 30,
                                  0x7FFF8000, INT32_MAX};
enum { CORNERS = sizeof corners / sizeof corners[0], RANDOM = 300000 };

static int differs(int32_t x, int32_t y) {
    const int64_t product = (int64_t)x * y;
    if (tm_high_word(x, y) != (int32_t)((product + ((int64_t)1 << 31)) >> 32)) {
        return 1;
    }
    const int is_refused = x == INT32_MIN && y == INT32_MIN;
    return !is_refused && tm_high_mul(x, y) != (int32_t)((product + ((int64_t)1 << 30)) >> 31);
}

int main(void) {
    for (int i = 0; i < CORNERS * CORNERS; ++i) {
        if (differs(corners[i / CORNERS], corners[i % CORNERS])) {
            return 1;
        }
    }
    uint64_t state = 88172645463325252u; /* of a generator by shifts and exclusive or */
    for (int i = 0; i < RANDOM; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        const int32_t x = (int32_t)(uint32_t)state, y = (int32_t)(uint32_t)(state >> 32);
        if (differs(x >> (state >> 59), y)) {
            return 2;
        }
    }
    return 0;
}
