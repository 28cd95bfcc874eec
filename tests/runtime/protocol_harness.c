/* SPDX-License-Identifier: Apache-2.0
 *
 * The protocol on this computer, with a fake model and a clock that counts calls.
 *   protocol_harness talk        answers standard input on standard output
 *   protocol_harness unkept      the same, without a copy of the input
 *   protocol_harness lossy       talk, on a line that has lost 17 bytes or more
 *   protocol_harness broken      talk, with a model that cannot run
 *   protocol_harness fuzz S N    N rounds of hostile input from seed S, without a copy of the input
 *                                if S is odd; ends with 1 at the first property that does not hold
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_model.h"
#include "tm_protocol.h"
#include "tm_tensor.h"

#define READY "m-ready\r\n"
#define REPLY_BYTES (1u << 16)

static uint32_t clock_calls;
static char reply[REPLY_BYTES];
static size_t reply_length;
static bool to_stdout;

static void take_reply(const char *data, uint32_t length) {
    if (to_stdout) {
        (void)fwrite(data, 1, length, stdout);
        return;
    }
    const size_t room = REPLY_BYTES - reply_length;
    const size_t part = length < room ? length : room;
    memcpy(reply + reply_length, data, part);
    reply_length += part;
}

static uint32_t count_cycles(void) { return clock_calls += 100u; }
static uint64_t count_microseconds(void) { return clock_calls += 100u; }
static uint32_t stack_used(void) { return 480; }
static uint32_t stack_size(void) { return 4096; }

static const uint32_t clock_hz = 64000000;

/* What the first question hears; the second that nothing was lost since. */
static tm_losses lost;

static tm_losses losses(void) {
    const tm_losses now = lost;
    lost = (tm_losses){0};
    return now;
}

static const tm_device device = {
    .board = "harness",
    .version = "0.0.0",
    .made_by = ",data=0123",
    .clock_hz = &clock_hz,
    .write = take_reply,
    .cycles = count_cycles,
    .microseconds = count_microseconds,
    .stack_used = stack_used,
    .stack_size = stack_size,
    .losses = losses,
};

static int talk(int model_code, bool keeps_input) {
    fake_model_code = model_code;
    to_stdout = true;
    /* Of the exact size and on the heap, so that the sanitizer sees one byte too many. */
    const uint32_t bytes = tm_model_input_bytes();
    uint8_t *input = keeps_input ? malloc(bytes) : NULL;
    tm_protocol *protocol = malloc(sizeof *protocol);
    tm_protocol_start(protocol, &device, input, bytes);
    for (int c = getchar(); c != EOF; c = getchar()) {
        tm_protocol_receive(protocol, (uint8_t)c);
        if (protocol->application_wanted) {
            protocol->application_wanted = false;
            (void)printf("APPLICATION\r\n");
        }
    }
    free(protocol);
    free(input);
    return 0;
}

static uint32_t random_state;

static uint32_t random_below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static const char *const seeds[] = {
    "name%",
    "profile%",
    "timestamp%",
    "help%",
    "db load 7%",
    "db 0102030405",
    "db 06ff%",
    "db print%",
    "db print 3 4%",
    "infer 1 0%",
    "infer%",
    "infer 3 2%",
    "results%",
    "tm info%",
    "tm raw%",
    "tm cycles%",
    "tm memory%",
    "tm app%",
    "tm put 0 01020304050607%",
    "tm put 6 01%",
    "tm put 4294967295 01%",
    "tm run 1 E598C3B6%",
    "tm run 2 70E46888 reset after 1%",
    "tm cycles reset%",
    "tm run 3 E598C3B6 layers reset%",
    "tm exact AA2C9ECB 7 tm info%",
    "tm exact 00000000 7 tm info%",
    "tm exact%",
    "tm%",
    "%",
    "db load 4294967296%",
    "db load 18446744073709551617%",
    "db print 4294967295 1%",
    "infer -1%",
    "infer 1 -1%",
    "db 0g%",
    "db 012%",
    "db load%",
};

/* Builds one hostile message: seeds, changed and repeated, with noise between. */
static size_t make_message(uint8_t *message, size_t capacity) {
    size_t length = 0;
    const uint32_t parts = 1u + random_below(4);
    for (uint32_t part = 0; part < parts; part++) {
        const char *const seed = seeds[random_below(sizeof seeds / sizeof seeds[0])];
        const size_t repeats = random_below(20) == 0 ? 1u + random_below(80) : 1u;
        for (size_t r = 0; r < repeats; r++) {
            for (const char *c = seed; *c != '\0' && length < capacity; c++) {
                const uint32_t luck = random_below(60);
                if (luck == 0) {
                    message[length++] = (uint8_t)random_below(256);
                } else if (luck != 1) {
                    message[length++] = (uint8_t)*c;
                }
            }
        }
        for (uint32_t noise = random_below(12) == 0 ? random_below(600) : 0;
             noise > 0 && length < capacity; noise--) {
            message[length++] = (uint8_t)random_below(256);
        }
    }
    return length;
}

static bool is_clean(void) {
    for (size_t i = 0; i < reply_length; i++) {
        const char c = reply[i];
        if ((c < ' ' || c > '~') && c != '\r' && c != '\n') {
            return false;
        }
    }
    return true;
}

static uint32_t ready_lines(void) {
    uint32_t count = 0;
    for (size_t i = 0; i + strlen(READY) <= reply_length; i++) {
        if (memcmp(reply + i, READY, strlen(READY)) == 0) {
            count++;
        }
    }
    return count;
}

/* One command ends with one m-ready, at the very end of its reply; nothing comes unasked. */
static const char *broken_property(tm_protocol *protocol, uint8_t byte) {
    reply_length = 0;
    tm_protocol_receive(protocol, byte);
    if (byte != '%') {
        return reply_length == 0 ? NULL : "a reply without a command";
    }
    if (reply_length < strlen(READY) ||
        memcmp(reply + reply_length - strlen(READY), READY, strlen(READY)) != 0) {
        return "a reply that does not end with m-ready";
    }
    if (ready_lines() != 1) {
        return "more than one m-ready";
    }
    if (protocol->loaded > protocol->load_bytes || protocol->load_bytes > protocol->input_bytes) {
        return "more loaded than there is room for";
    }
    return is_clean() ? NULL : "a reply with bytes that are not text";
}

static int fuzz(uint32_t seed, uint32_t rounds) {
    static uint8_t message[8192];
    const uint32_t bytes = tm_model_input_bytes();
    uint8_t *input = seed % 2u == 0 ? malloc(bytes) : NULL;
    tm_protocol *protocol = malloc(sizeof *protocol);
    const char *broken = NULL;
    uint32_t commands = 0;
    random_state = seed | 1u;
    tm_protocol_start(protocol, &device, input, bytes);
    for (uint32_t round = 0; round < rounds && broken == NULL; round++) {
        const size_t length = make_message(message, sizeof message);
        for (size_t i = 0; i < length && broken == NULL; i++) {
            broken = broken_property(protocol, message[i]);
            commands += message[i] == '%';
        }
        if (broken != NULL) {
            printf("seed %u round %u: %s\n", seed, round, broken);
        }
    }
    printf("%u commands\n", commands);
    free(protocol);
    free(input);
    return broken == NULL ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "talk") == 0) {
        return talk(0, true);
    }
    if (argc == 2 && strcmp(argv[1], "unkept") == 0) {
        return talk(0, false);
    }
    if (argc == 2 && strcmp(argv[1], "lossy") == 0) {
        lost = (tm_losses){.full = 12, .overrun = 3, .framing = 1, .noise = 0, .breaks = 1};
        return talk(0, true);
    }
    if (argc == 2 && strcmp(argv[1], "broken") == 0) {
        return talk(3, true);
    }
    if (argc == 4 && strcmp(argv[1], "fuzz") == 0) {
        return fuzz((uint32_t)strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10));
    }
    return 2;
}
