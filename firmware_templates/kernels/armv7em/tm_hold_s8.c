/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_hold_s8.h"

#include "tm_little.h"
#include "tm_requantize.h"

TM_LITTLE void tm_hold_s8(int8_t *out, int32_t count, int32_t least, int32_t most) {
#ifdef __ARM_FEATURE_DSP
    const uint32_t low = (uint32_t)(least & 0xFF) * 0x01010101u;
    const uint32_t high = (uint32_t)(most & 0xFF) * 0x01010101u;
    for (; count >= 4; count -= 4, out += 4) {
        uint32_t four, spare;
        __builtin_memcpy(&four, out, sizeof four);
        __asm("ssub8 %1, %0, %2\n\t"
              "sel %0, %0, %2\n\t"
              "ssub8 %1, %3, %0\n\t"
              "sel %0, %0, %3"
              : "+r"(four), "=&r"(spare)
              : "r"(low), "r"(high)
              : "cc");
        __builtin_memcpy(out, &four, sizeof four);
    }
#endif
    for (; count > 0; --count, ++out) {
        *out = (int8_t)tm_clamp(*out, least, most);
    }
}
