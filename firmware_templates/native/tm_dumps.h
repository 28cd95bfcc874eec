/* SPDX-License-Identifier: Apache-2.0
 *
 * What main.c is to show of the arena after which layer: generated for each model. */
#ifndef TM_DUMPS_H
#define TM_DUMPS_H

#include <stdint.h>

typedef struct {
    uint32_t layer;
    uint32_t offset; /* in the arena */
    uint32_t bytes;
} tm_dump;

extern const tm_dump tm_dumps[];
extern const uint32_t tm_dump_count;
extern const uint32_t tm_input_offset; /* of the first input in the arena */

#endif
