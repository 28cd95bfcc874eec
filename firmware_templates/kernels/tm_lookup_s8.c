/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_lookup_s8.h"

void tm_lookup_s8(const tm_lookup_s8_params *p, const void *in, const int8_t *table, void *out) {
    const uint8_t *source = in;
    const uint8_t *const end = source + p->elements;
    int8_t *result = out;
    while (source < end) {
        *result++ = table[*source++];
    }
}
