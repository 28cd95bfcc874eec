/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_SQUARE_ROOT_U64_H
#define TM_SIGNAL_SQUARE_ROOT_U64_H

#include <stdint.h>

typedef struct {
    int32_t elements;
} tm_signal_square_root_u64_params;

/* in (elements), bits (1), out (elements): square roots to the nearest, / 2^bits. The root of a
 * number of 32 bits has no more than 16. */
void tm_signal_square_root_u64(const tm_signal_square_root_u64_params *p, const uint64_t *in,
                               const int32_t *bits, uint32_t *out);

#endif
