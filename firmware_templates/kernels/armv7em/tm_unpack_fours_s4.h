/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_UNPACK_FOURS_S4_H
#define TM_UNPACK_FOURS_S4_H

#include <stdint.h>

/* packed: so many words before count pairs of bytes with four weights of 4 bits each, the first one
 * in the low half of the first byte. words: the same as the kernels for weights of 8 bits have it.
 */
void tm_unpack_fours_s4(const int32_t *packed, int32_t before, int32_t count, int32_t *words);

#endif
