/* SPDX-License-Identifier: Apache-2.0
 *
 * The same as the portable tm_bytes.h, 16 bytes at a time by MVE. */
#ifndef TM_BYTES_H
#define TM_BYTES_H

#include <stdint.h>

static inline void tm_copy_bytes(int8_t *to, const int8_t *from, int32_t count) {
#ifdef __ARM_FEATURE_MVE
    __asm volatile("wlstp.8 lr, %[count], 2f\n\t"
                   "1:\n\t"
                   "vldrb.u8 q0, [%[from]], #16\n\t"
                   "vstrb.8 q0, [%[to]], #16\n\t"
                   "letp lr, 1b\n\t"
                   "2:"
                   : [to] "+r"(to), [from] "+r"(from)
                   : [count] "r"(count)
                   : "lr", "d0", "d1", "memory");
#else
    for (; count > 0; --count) {
        *to++ = *from++;
    }
#endif
}

static inline void tm_fill_bytes(int8_t *to, int8_t value, int32_t count) {
#ifdef __ARM_FEATURE_MVE
    __asm volatile("vdup.8 q0, %[value]\n\t"
                   "wlstp.8 lr, %[count], 2f\n\t"
                   "1:\n\t"
                   "vstrb.8 q0, [%[to]], #16\n\t"
                   "letp lr, 1b\n\t"
                   "2:"
                   : [to] "+r"(to)
                   : [count] "r"(count), [value] "r"((int32_t)value)
                   : "lr", "d0", "d1", "memory");
#else
    for (; count > 0; --count) {
        *to++ = value;
    }
#endif
}

static inline void tm_copy_few(int8_t *to, const int8_t *from, int32_t count) {
    tm_copy_bytes(to, from, count);
}

#endif
