/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_LOOKUP_S8_H
#define TM_LOOKUP_S8_H

#include <stdint.h>

typedef struct {
    uint32_t elements;
} tm_lookup_s8_params;

/* in (elements), table (256) by the input's byte, out (elements); out may be in. */
void tm_lookup_s8(const tm_lookup_s8_params *p, const void *in, const int8_t *table, void *out);

#endif
