/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CAST_H
#define TM_CAST_H

#include <stdint.h>

enum { TM_CAST_INT8, TM_CAST_INT16, TM_CAST_INT32, TM_CAST_FLOAT32, TM_CAST_BOOL, TM_CAST_UINT32 };

typedef struct {
    int32_t elements;
    int32_t from; /* TM_CAST_... */
    int32_t to;
} tm_cast_params;

/* in (elements), out (elements) */
void tm_cast(const tm_cast_params *p, const void *in, void *out);

#endif
