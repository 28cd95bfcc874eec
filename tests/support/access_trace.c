/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes down when each byte of some memory is read and written. The kernels are compiled with
 * -fsanitize=thread, which calls a function before each access; here these functions keep a clock
 * instead of looking for races. memcpy and memset are renamed to those below. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_RANGES = 8, MAX_BYTES = 1 << 16 };

typedef struct {
    uint8_t *start;
    uint32_t bytes;
    uint32_t last_read[MAX_BYTES], first_write[MAX_BYTES]; /* 0: never */
} range;

static range ranges[MAX_RANGES];
static uint32_t range_count, now;

static void touch(const void *place, size_t bytes, int is_write) {
    ++now;
    for (uint32_t i = 0; i < range_count; ++i) {
        range *const r = &ranges[i];
        for (size_t k = 0; k < bytes; ++k) {
            const size_t at = (size_t)((const uint8_t *)place + k - r->start);
            if ((const uint8_t *)place + k < r->start || at >= r->bytes) {
                continue;
            }
            if (!is_write) {
                r->last_read[at] = now;
            } else if (r->first_write[at] == 0) {
                r->first_write[at] = now;
            }
        }
    }
}

void tm_trace_range(void *start, uint32_t bytes) {
    range *const r = &ranges[range_count++];
    memset(r, 0, sizeof *r);
    r->start = start;
    r->bytes = bytes;
    for (uint32_t i = 0; i < bytes; ++i) {
        r->start[i] = (uint8_t)(i * 37u);
    }
}

void tm_trace_end(void) {
    for (uint32_t i = 0; i < range_count; ++i) {
        fwrite(ranges[i].last_read, sizeof(uint32_t), ranges[i].bytes, stdout);
        fwrite(ranges[i].first_write, sizeof(uint32_t), ranges[i].bytes, stdout);
    }
    range_count = now = 0;
}

void *tm_traced_memcpy(void *to, const void *from, size_t bytes) {
    touch(from, bytes, 0);
    touch(to, bytes, 1);
    return memmove(to, from, bytes);
}

void *tm_traced_memset(void *to, int value, size_t bytes) {
    touch(to, bytes, 1);
    return memset(to, value, bytes);
}

#define ACCESS(bytes)                                                                              \
    void __tsan_read##bytes(void *p);                                                              \
    void __tsan_write##bytes(void *p);                                                             \
    void __tsan_unaligned_read##bytes(void *p);                                                    \
    void __tsan_unaligned_write##bytes(void *p);                                                   \
    void __tsan_read##bytes(void *p) { touch(p, bytes, 0); }                                       \
    void __tsan_write##bytes(void *p) { touch(p, bytes, 1); }                                      \
    void __tsan_unaligned_read##bytes(void *p) { touch(p, bytes, 0); }                             \
    void __tsan_unaligned_write##bytes(void *p) { touch(p, bytes, 1); }

ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_read_range(void *p, size_t bytes);
void __tsan_write_range(void *p, size_t bytes);
void __tsan_init(void) {}
void __tsan_func_entry(void *caller) { (void)caller; }
void __tsan_func_exit(void) {}
void __tsan_read_range(void *p, size_t bytes) { touch(p, bytes, 0); }
void __tsan_write_range(void *p, size_t bytes) { touch(p, bytes, 1); }
