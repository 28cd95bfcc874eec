/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_hold_s16.h"

#include "tm_little.h"
#include "tm_requantize.h"

TM_LITTLE void tm_hold_s16(int16_t *out, int32_t count, int32_t least, int32_t most) {
#ifdef __ARM_FEATURE_DSP
    const uint32_t low = (uint32_t)(least & 0xFFFF) * 0x10001u;
    const uint32_t high = (uint32_t)(most & 0xFFFF) * 0x10001u;
    for (; count >= 2; count -= 2, out += 2) {
        uint32_t two, spare;
        __builtin_memcpy(&two, out, sizeof two);
        __asm("ssub16 %1, %0, %2\n\t"
              "sel %0, %0, %2\n\t"
              "ssub16 %1, %3, %0\n\t"
              "sel %0, %0, %3"
              : "+r"(two), "=&r"(spare)
              : "r"(low), "r"(high)
              : "cc");
        __builtin_memcpy(out, &two, sizeof two);
    }
#endif
    for (; count > 0; --count, ++out) {
        *out = (int16_t)tm_clamp(*out, least, most);
    }
}
