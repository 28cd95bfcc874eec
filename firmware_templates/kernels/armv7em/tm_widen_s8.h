/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_WIDEN_S8_H
#define TM_WIDEN_S8_H

#include <stdint.h>

/* in (4): where four pixels have length inputs each. x (words, 4): words of two int16, a pixel's
 * inputs 0 and 2, then 1 and 3, then 4 and 6 ...; the four pixels' words stand side by side. Of one
 * or two inputs that are left over there is one word, of three two; a zero is the last input's
 * partner. twice: what tm_twice gives for what is added to each input. */
void tm_widen_s8(const int8_t *const *in, int32_t length, int32_t *x, uint32_t twice);

/* A number of 16 bits in both halves of a word. */
static inline uint32_t tm_twice(int32_t number) { return (uint32_t)(number & 0xFFFF) * 0x10001u; }

static inline int32_t tm_words_of(int32_t length) { return (length + 1) / 2; }

#endif
