/* SPDX-License-Identifier: Apache-2.0
 *
 * memcpy, memmove and memset for images without a C library, and the names that the ARM
 * run-time ABI (ARM IHI 0043, 4.3.4) gives them.
 *
 * The empty asm in each loop keeps the compiler from seeing a memcpy in memcpy. */
#include <stdbool.h>
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

/* A word at any address, of memory of any type. */
typedef struct __attribute__((packed, may_alias)) {
    uint32_t value;
} any_word;

/* ARMv7-M loads and stores words at any address. ARMv6-M would fault, so its compiler takes a
 * packed word byte by byte; told that it is aligned, as a word. */
#if defined(__ARM_ARCH_6M__)
#define WORDS_AT(address) __builtin_assume_aligned(address, 4)
#define TAKES_WORDS(places) (((places) & 3u) == 0)
#else
#define WORDS_AT(address) ((void *)(uintptr_t)(address))
#define TAKES_WORDS(places) true
#endif

/* Four words at a time: they are all read before one is written. */
static void copy_forwards(uint8_t *out, const uint8_t *in, size_t bytes) {
    const bool by_words = TAKES_WORDS((uintptr_t)out | (uintptr_t)in);
    for (; by_words && bytes >= 16; bytes -= 16, out += 16, in += 16) {
        const any_word *const from = WORDS_AT(in);
        any_word *const to = WORDS_AT(out);
        const any_word a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
        OPAQUE();
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
    const any_word word = {byte * 0x01010101u};
    const bool by_words = TAKES_WORDS((uintptr_t)out);
    for (; by_words && bytes >= 16; bytes -= 16, out += 16) {
        any_word *const at = WORDS_AT(out);
        at[0] = word;
        at[1] = word;
        at[2] = word;
        at[3] = word;
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
