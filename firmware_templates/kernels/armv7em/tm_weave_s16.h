/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_WEAVE_S16_H
#define TM_WEAVE_S16_H

#include <stdint.h>

/* rows (4): each of length numbers. Puts them into x, words of two of each row side by side as
 * tm_tile_s16 takes them; beside a last one stands 0. */
void tm_weave_s16(const int8_t *const *rows, int32_t length, int16_t *x);

#endif
