/* SPDX-License-Identifier: Apache-2.0
 *
 * The db commands: the input. */
#include <stddef.h>

#include "tm_commands.h"
#include "tm_input.h"
#include "tm_load.h"
#include "tm_reply.h"

#define PRINT_BYTES 8u

static void say_limit(tm_protocol *protocol, const char *before, uint32_t limit) {
    tm_say(protocol, before);
    tm_say_unsigned(protocol, limit);
    tm_say_line(protocol, "]");
}

static void load(tm_protocol *protocol) {
    const char *const word = tm_next_word(protocol);
    uint32_t bytes = 0;
    protocol->needs_load = true;
    protocol->has_run = false;
    if (word == NULL) {
        tm_say_line(protocol, "e-[Command 'db load' requires the # of bytes]");
    } else if (!tm_parse_unsigned(word, UINT32_MAX, &bytes) || bytes == 0) {
        tm_say_line(protocol, "e-[Command 'db load' must be >0 bytes]");
    } else if (bytes > tm_load_most(protocol)) {
        say_limit(protocol, "e-[Command 'db load' exceeds the maximum of ", tm_load_most(protocol));
    } else if (!tm_load_may_have(protocol, bytes)) {
        say_limit(protocol,
                  "e-[Command 'db load' must be all bytes of an input: ", tm_load_most(protocol));
    } else {
        protocol->needs_load = false;
        protocol->load_bytes = bytes;
        protocol->loaded = 0;
        if (protocol->input_is_used) {
            tm_input_clear(protocol); /* of what an inference left, nothing belongs to this input */
            protocol->input_is_used = false;
        }
        tm_say(protocol, "m-[Expecting ");
        tm_say_unsigned(protocol, bytes);
        tm_say_line(protocol, " bytes]");
    }
}

static void print(tm_protocol *protocol) {
    const char *const count = tm_next_word(protocol);
    const char *const from = count == NULL ? NULL : tm_next_word(protocol);
    uint32_t bytes = protocol->load_bytes;
    uint32_t offset = 0;
    if ((count != NULL && !tm_parse_unsigned(count, tm_load_most(protocol), &bytes)) ||
        (from != NULL && !tm_parse_unsigned(from, tm_load_most(protocol), &offset)) ||
        bytes > tm_load_most(protocol) - offset) {
        say_limit(protocol, "e-[Command 'db print' goes beyond byte ", tm_load_most(protocol));
        return;
    }
    if (!tm_command_has_fresh_input(protocol)) {
        return;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        tm_say(protocol, i % PRINT_BYTES == 0 ? "m-buffer-" : "-");
        tm_say_hex(protocol, tm_load_byte(protocol, offset + i), 2);
        if (i % PRINT_BYTES == PRINT_BYTES - 1u || i + 1u == bytes) {
            tm_end_line(protocol);
        }
    }
}

static void store(tm_protocol *protocol, const char *digits) {
    uint32_t bytes = tm_check_hex(protocol, digits) / 2u;
    if (bytes == 0) {
        return;
    }
    if (protocol->needs_load || protocol->loaded == protocol->load_bytes) {
        tm_say_line(protocol, "e-[Command 'db' has no more bytes to load]");
        return;
    }
    protocol->has_run = false;
    if (bytes > protocol->load_bytes - protocol->loaded) {
        bytes = protocol->load_bytes - protocol->loaded;
    }
    tm_load_write(protocol, protocol->loaded, digits, bytes);
    protocol->loaded += bytes;
    if (protocol->loaded == protocol->load_bytes) {
        tm_load_end(protocol);
        tm_say_line(protocol, "m-load-done");
    }
}

void tm_command_db(tm_protocol *protocol) {
    const char *const word = tm_next_word(protocol);
    if (word == NULL) {
        tm_say_line(protocol, "e-[Command 'db' requires a subcommand]");
    } else if (tm_words_equal(word, "load")) {
        load(protocol);
    } else if (tm_words_equal(word, "print")) {
        print(protocol);
    } else {
        store(protocol, word);
    }
}
