/* SPDX-License-Identifier: Apache-2.0
 *
 * memcpy, memmove and memset for images without a C library, and the names that the ARM
 * run-time ABI (ARM IHI 0043, 4.3.4) gives them.
 *
 * The empty asm in each loop keeps the compiler from seeing a memcpy in memcpy. */
#include <stddef.h>
#include <stdint.h>

#define OPAQUE() __asm volatile("" ::: "memory")

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
void __aeabi_memcpy(void *to, const void *from, size_t bytes);
void __aeabi_memcpy4(void *to, const void *from, size_t bytes);
void __aeabi_memcpy8(void *to, const void *from, size_t bytes);
void __aeabi_memmove(void *to, const void *from, size_t bytes);
void __aeabi_memmove4(void *to, const void *from, size_t bytes);
void __aeabi_memmove8(void *to, const void *from, size_t bytes);
void __aeabi_memset(void *to, size_t bytes, int value);
void __aeabi_memset4(void *to, size_t bytes, int value);
void __aeabi_memset8(void *to, size_t bytes, int value);
void __aeabi_memclr(void *to, size_t bytes);
void __aeabi_memclr4(void *to, size_t bytes);
void __aeabi_memclr8(void *to, size_t bytes);

/* A word that may alias anything, as memory functions must be allowed to. */
typedef uint32_t __attribute__((may_alias)) any_word;

static void copy_forwards(uint8_t *out, const uint8_t *in, size_t bytes) {
    if ((((uintptr_t)out | (uintptr_t)in) & 3u) == 0) {
        for (; bytes >= 4; bytes -= 4, out += 4, in += 4) {
            *(any_word *)(void *)out = *(const any_word *)(const void *)in;
            OPAQUE();
        }
    }
    for (; bytes > 0; bytes--) {
        *out++ = *in++;
        OPAQUE();
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    copy_forwards(to, from, bytes);
    return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= bytes) {
        copy_forwards(out, in, bytes);
        return to;
    }
    while (bytes > 0) {
        bytes--;
        out[bytes] = in[bytes];
        OPAQUE();
    }
    return to;
}

void *memset(void *to, int value, size_t bytes) {
    uint8_t *out = to;
    const uint8_t byte = (uint8_t)value;
    for (; bytes > 0 && ((uintptr_t)out & 3u) != 0; bytes--) {
        *out++ = byte;
        OPAQUE();
    }
    for (; bytes >= 4; bytes -= 4, out += 4) {
        *(any_word *)(void *)out = byte * 0x01010101u;
        OPAQUE();
    }
    for (; bytes > 0; bytes--) {
        *out++ = byte;
        OPAQUE();
    }
    return to;
}

void __aeabi_memcpy(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); }
void __aeabi_memcpy4(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); }
void __aeabi_memcpy8(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); }
void __aeabi_memmove(void *to, const void *from, size_t bytes) { memmove(to, from, bytes); }
void __aeabi_memmove4(void *to, const void *from, size_t bytes) { memmove(to, from, bytes); }
void __aeabi_memmove8(void *to, const void *from, size_t bytes) { memmove(to, from, bytes); }
void __aeabi_memset(void *to, size_t bytes, int value) { memset(to, value, bytes); }
void __aeabi_memset4(void *to, size_t bytes, int value) { memset(to, value, bytes); }
void __aeabi_memset8(void *to, size_t bytes, int value) { memset(to, value, bytes); }
void __aeabi_memclr(void *to, size_t bytes) { memset(to, 0, bytes); }
void __aeabi_memclr4(void *to, size_t bytes) { memset(to, 0, bytes); }
void __aeabi_memclr8(void *to, size_t bytes) { memset(to, 0, bytes); }
