/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the calls of tm_cases on what stands in the file named first, writes the outputs to the
 * second. Every buffer is its own allocation of the exact size, so that the sanitizer sees each
 * byte beyond. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*tm_case)(void *const *arguments);
extern const tm_case tm_cases[];
extern const uint32_t tm_case_count;

enum { CONSTANT, INPUT, OUTPUT, SCRATCH, NOTHING, STATE, MAX_ARGUMENTS = 32 };

static FILE *source, *sink;

static void get(void *data, size_t bytes) {
    if (bytes > 0 && fread(data, 1, bytes, source) != bytes) {
        fprintf(stderr, "the file of samples is too short\n");
        exit(2);
    }
}

static uint32_t get_number(void) {
    uint32_t number;
    get(&number, sizeof number);
    return number;
}

static void run_case(tm_case run) {
    uint32_t kind[MAX_ARGUMENTS], bytes[MAX_ARGUMENTS];
    void *argument[MAX_ARGUMENTS];
    const uint32_t runs = get_number();
    const uint32_t count = get_number();
    for (uint32_t i = 0; i < count; ++i) {
        kind[i] = get_number();
        bytes[i] = get_number();
        argument[i] = kind[i] == NOTHING ? NULL : malloc(bytes[i]);
        if (kind[i] == CONSTANT || kind[i] == STATE)
            get(argument[i], bytes[i]);
    }
    for (uint32_t r = 0; r < runs; ++r) {
        for (uint32_t i = 0; i < count; ++i) {
            if (kind[i] == INPUT)
                get(argument[i], bytes[i]);
            else if (kind[i] == OUTPUT || kind[i] == SCRATCH)
                memset(argument[i], 0xA5, bytes[i]);
        }
        run(argument);
        for (uint32_t i = 0; i < count; ++i)
            if (kind[i] == OUTPUT)
                fwrite(argument[i], 1, bytes[i], sink);
    }
    for (uint32_t i = 0; i < count; ++i)
        free(argument[i]);
}

int main(int argc, char **argv) {
    source = argc == 3 ? fopen(argv[1], "rb") : NULL;
    sink = argc == 3 ? fopen(argv[2], "wb") : NULL;
    if (source == NULL || sink == NULL)
        return 2;
    for (uint32_t i = 0; i < tm_case_count; ++i) {
        fprintf(stderr, "case %u\n", (unsigned)i);
        run_case(tm_cases[i]);
    }
    return fclose(sink) != 0;
}
