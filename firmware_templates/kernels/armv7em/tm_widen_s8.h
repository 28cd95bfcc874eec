/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_WIDEN_S8_H
#define TM_WIDEN_S8_H

#include <stdint.h>

/* in: four pixels of length inputs each, step bytes apart. x (2 * ceil(length / 4), 4): words of two
 * int16, a pixel's inputs 0 and 2, then 1 and 3, then 4 and 6 ...; the four pixels' words stand side
 * by side. Zeros make up for what is missing at the end. */
void tm_widen_s8(const int8_t *in, int32_t step, int32_t length, int32_t *x);

#endif
