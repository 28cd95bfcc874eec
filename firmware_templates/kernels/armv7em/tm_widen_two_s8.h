/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_WIDEN_TWO_S8_H
#define TM_WIDEN_TWO_S8_H

#include <stdint.h>

/* low, high (count): inputs. x (count): words of two int16, of an input of low and the one of high
 * in its place. twice is that of tm_widen_s8. */
void tm_widen_two_s8(const int8_t *low, const int8_t *high, int32_t count, int32_t *x,
                     uint32_t twice);

#endif
