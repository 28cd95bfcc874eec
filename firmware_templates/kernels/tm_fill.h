/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_FILL_H
#define TM_FILL_H

#include <stdint.h>

typedef struct {
    int32_t elements;
    int32_t element_bytes;
} tm_fill_params;

/* value (element_bytes), out (elements, element_bytes) */
void tm_fill(const tm_fill_params *p, const void *value, void *out);

#endif
