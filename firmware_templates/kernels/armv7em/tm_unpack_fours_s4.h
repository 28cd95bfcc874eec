/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_UNPACK_FOURS_S4_H
#define TM_UNPACK_FOURS_S4_H

#include <stdint.h>

/* What tm_unpack_fours_s4 takes for each four channels: (4) biases of 32 bits, then (taps) pairs of
 * bytes with four weights of 4 bits each, the first one in the low half of the first byte. words:
 * the same as the kernels for weights of 8 bits have it. */
void tm_unpack_fours_s4(const uint8_t *packed, int32_t groups, int32_t taps, int32_t *words);

#endif
