/* SPDX-License-Identifier: Apache-2.0
 *
 * What kernels need of a C library. Declared here, since a compiler for bare metal may come without
 * string.h. */
#ifndef TM_MEMORY_H
#define TM_MEMORY_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

#endif
