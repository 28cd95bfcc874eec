/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_RESHAPE_S8_H
#define TM_RESHAPE_S8_H

#include <stdint.h>

typedef struct {
    int32_t bytes;
} tm_reshape_s8_params;

/* in (bytes), out (bytes); they may be the same place. */
void tm_reshape_s8(const tm_reshape_s8_params *p, const void *in, void *out);

#endif
