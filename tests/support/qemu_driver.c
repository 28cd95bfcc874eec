/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the calls of tm_cases on QEMU's mps3-an547 as kernel_driver.c does on this computer: what
 * they are fed stands in memory from FEED on, the outputs go to the file outputs.bin. While a call
 * runs, the MPU lets it touch its own buffers only, constants to be read; each buffer ends, or
 * begins, where the MPU's region does, which is at 32 bytes, and the rest of those is compared.
 * Sources: ARM DDI 0553 (ARMv8-M), B3.7, D1.2 (MPU, SysTick); ARM 100863 (semihosting). */
#include <stdint.h>

#include "tm_memory.h"

typedef void (*tm_case)(void *const *arguments);
extern const tm_case tm_cases[];
extern const uint32_t tm_case_count;
extern uint32_t tm_stack_top[];
void tm_reset(void);
void tm_fault(void);

enum { CONSTANT, INPUT, OUTPUT, SCRATCH, NOTHING, STATE, MAX_ARGUMENTS = 14 };
enum { SYS_OPEN = 1, SYS_WRITE0 = 4, SYS_WRITE = 5, SYS_EXIT_EXTENDED = 0x20 };
enum { LINE = 32, FILLER = 0xA5, ITCM = 0, DTCM = 0x20000000, TCM_BYTES = 0x80000 };
#define FEED ((const uint8_t *)0x60000000u)
#define BUFFERS 0x64000000u
#define RESULTS ((uint8_t *)0x68000000u)
#define REG(address) (*(volatile uint32_t *)(address))
#define MPU_CTRL REG(0xE000ED94u)
#define MPU_RNR REG(0xE000ED98u)
#define MPU_RBAR REG(0xE000ED9Cu)
#define MPU_RLAR REG(0xE000EDA0u)
#define MPU_MAIR0 REG(0xE000EDC0u)
#define CFSR REG(0xE000ED28u)
#define MMFAR REG(0xE000ED34u)
#define CPACR REG(0xE000ED88u)
#define SYST_CSR REG(0xE000E010u)
#define SYST_RVR REG(0xE000E014u)
#define SYST_CVR REG(0xE000E018u)

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)tm_stack_top, (uintptr_t)tm_reset, (uintptr_t)tm_fault, (uintptr_t)tm_fault,
    (uintptr_t)tm_fault,     (uintptr_t)tm_fault, (uintptr_t)tm_fault,
};
static const uint8_t *feed = FEED;
static uint8_t *results = RESULTS;
static uint32_t number;

static int32_t semihosting(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

static void end(uint32_t code) {
    const uint32_t words[2] = {0x20026, code}; /* ADP_Stopped_ApplicationExit */
    semihosting(SYS_EXIT_EXTENDED, words);
    for (;;) {
    }
}

static void say(const char *what, uint32_t value) {
    char text[12] = " 0x00000000";
    for (int32_t i = 10; i >= 3; --i, value >>= 4) {
        text[i] = "0123456789abcdef"[value & 15];
    }
    semihosting(SYS_WRITE0, what);
    semihosting(SYS_WRITE0, text);
}

static void fail(const char *what, uint32_t value) {
    say("case", number);
    say(what, value);
    semihosting(SYS_WRITE0, "\n");
    end(1);
}

__attribute__((used)) static void tell_fault(const uint32_t *frame) {
    MPU_CTRL = 0;
    say("at", frame[6]);
    say(" status", CFSR);
    fail(" fault, data", MMFAR);
}

__attribute__((naked)) void tm_fault(void) { __asm volatile("mrs r0, msp\n\tbl tell_fault"); }

static uint32_t get(void) {
    uint32_t value;
    memcpy(&value, feed, 4);
    feed += 4;
    return value;
}

static void put(const void *data, uint32_t bytes) {
    memcpy(results, data, bytes);
    results += bytes;
}

/* A buffer: where its region is, where it is itself, and what is in it. */
typedef struct {
    uint32_t kind, bytes, region, lines;
    uint8_t *place;
    const uint8_t *data;
} buffer;

static void allow(uint32_t region, uint32_t start, uint32_t bytes, uint32_t is_read_only) {
    MPU_RNR = region;
    MPU_RBAR = start | is_read_only << 2; /* AP: privileged, and nobody else */
    MPU_RLAR = (start + bytes - LINE) | 1u;
}

static void guard(const buffer *b, uint32_t count) {
    MPU_MAIR0 = 0xFF; /* normal memory */
    allow(0, ITCM, TCM_BYTES, 1);
    allow(1, DTCM, TCM_BYTES, 0);
    for (uint32_t i = 0; i < MAX_ARGUMENTS; ++i) {
        if (i < count && b[i].lines > 0) {
            allow(2 + i, b[i].region, b[i].lines * LINE, b[i].kind == CONSTANT);
        } else {
            MPU_RNR = 2 + i;
            MPU_RLAR = 0;
        }
    }
    MPU_CTRL = 1;
    __asm volatile("dsb\n\tisb" ::: "memory");
}

/* The instructions of a call, by SysTick: with -icount shift=3 an instruction takes 8 ns, and at
 * 32 MHz 0.256 ticks. */
static uint32_t timed(tm_case run, void *const *arguments) {
    SYST_RVR = 0xFFFFFF;
    SYST_CVR = 0;
    SYST_CSR = 5;
    const uint32_t before = SYST_CVR;
    run(arguments);
    const uint32_t after = SYST_CVR;
    return (before - after) & 0xFFFFFF;
}

static void lay_out(buffer *b, uint32_t count, uint32_t at_end) {
    uint32_t start = BUFFERS;
    for (uint32_t i = 0; i < count; ++i) {
        b[i].lines = (b[i].bytes + LINE - 1) / LINE;
        b[i].region = start;
        const uint32_t size = b[i].lines * LINE, before = at_end ? size - b[i].bytes : 0;
        memset((void *)(uintptr_t)start, FILLER, size);
        b[i].place = (uint8_t *)(uintptr_t)(start + before);
        if (b[i].data != NULL) {
            memcpy(b[i].place, b[i].data, b[i].bytes);
        }
        start += size + 8 * LINE;
    }
}

static void check_beside(const buffer *b) {
    const uint8_t *const region = (const uint8_t *)(uintptr_t)b->region;
    for (const uint8_t *at = region; at < region + b->lines * LINE; ++at) {
        if ((at < b->place || at >= b->place + b->bytes) && *at != FILLER) {
            fail(" writes beside a buffer at", (uint32_t)(uintptr_t)at);
        }
    }
}

static void run_sample(buffer *b, uint32_t count, uint32_t at_end) {
    void *arguments[MAX_ARGUMENTS];
    for (uint32_t i = 0; i < count; ++i) {
        if (b[i].kind == INPUT) {
            b[i].data = feed;
            feed += b[i].bytes;
        }
    }
    lay_out(b, count, at_end);
    for (uint32_t i = 0; i < count; ++i) {
        arguments[i] = b[i].kind == NOTHING ? NULL : b[i].place;
    }
    guard(b, count);
    const uint32_t ticks = timed(tm_cases[number], arguments);
    MPU_CTRL = 0;
    put(&ticks, 4);
    for (uint32_t i = 0; i < count; ++i) {
        check_beside(&b[i]);
        if (b[i].kind == OUTPUT) {
            put(b[i].place, b[i].bytes);
        }
    }
}

static void run_case(void) {
    static buffer b[MAX_ARGUMENTS];
    const uint32_t runs = get(), count = get();
    if (count > MAX_ARGUMENTS) {
        fail(" has too many arguments:", count);
    }
    for (uint32_t i = 0; i < count; ++i) {
        b[i].kind = get();
        b[i].bytes = get();
        b[i].data = NULL;
        if (b[i].kind == CONSTANT) {
            b[i].data = feed;
            feed += b[i].bytes;
        } else if (b[i].kind == STATE) {
            fail(" has a state:", i);
        }
    }
    for (uint32_t r = 0; r < runs; ++r) {
        run_sample(b, count, r & 1);
    }
}

static void write_results(void) {
    const char name[] = "outputs.bin";
    const uint32_t opening[3] = {(uint32_t)(uintptr_t)name, 5, sizeof name - 1}; /* 5: "wb" */
    const uint32_t file = (uint32_t)semihosting(SYS_OPEN, opening);
    const uint32_t writing[3] = {file, (uint32_t)(uintptr_t)RESULTS, (uint32_t)(results - RESULTS)};
    end(semihosting(SYS_WRITE, writing) != 0);
}

__attribute__((noreturn)) void tm_reset(void) {
    CPACR |= 0xF00000u;
    __asm volatile("dsb\n\tisb" ::: "memory");
    feed = FEED;
    results = RESULTS;
    for (number = 0; number < tm_case_count; ++number) {
        run_case();
    }
    write_results();
    for (;;) {
    }
}
