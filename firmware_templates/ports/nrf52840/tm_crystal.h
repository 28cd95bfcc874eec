/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the 32 MHz crystal runs: USBD must not answer without it. */
#ifndef TM_CRYSTAL_H
#define TM_CRYSTAL_H

#include <stdbool.h>

bool tm_crystal_runs(void);

#endif
