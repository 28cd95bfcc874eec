/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_lookup_s8.h"

void tm_lookup_s8(const tm_lookup_s8_params *p, const void *in, const int8_t *table, void *out) {
    const uint8_t *source = in;
    uint8_t *result = out;
    const uint8_t *const of = (const uint8_t *)table, *const end = source + p->elements;
    for (; end - source >= 4; source += 4, result += 4) {
        uint32_t four;
        __builtin_memcpy(&four, source, sizeof four);
        four = of[four & 0xFF] | (uint32_t)of[four >> 8 & 0xFF] << 8 |
               (uint32_t)of[four >> 16 & 0xFF] << 16 | (uint32_t)of[four >> 24] << 24;
        __builtin_memcpy(result, &four, sizeof four);
    }
    while (source < end) {
        *result++ = of[*source++];
    }
}
