/* SPDX-License-Identifier: Apache-2.0
 *
 * Our own commands: tm info, raw, cycles, memory, reset, app; put, run, feed have files of their
 * own.
 */
#include <stddef.h>

#include "tm_commands.h"
#include "tm_crc32.h"
#include "tm_input.h"
#include "tm_layers.h"
#include "tm_model.h"
#include "tm_reply.h"
#include "tm_tensor.h"

#define RAW_LINE_BYTES 64u

static void say_pair(tm_protocol *protocol, const char *key, const char *value) {
    tm_say(protocol, key);
    tm_say(protocol, value);
}

static void say_number(tm_protocol *protocol, const char *key, uint32_t value) {
    tm_say(protocol, key);
    tm_say_unsigned(protocol, value);
}

static void info(tm_protocol *protocol) {
    say_pair(protocol, "m-tm-info-[version=", protocol->device->version);
    say_pair(protocol, ",board=", protocol->device->board);
    say_pair(protocol, ",engine=", tm_model.engine);
    say_pair(protocol, ",model=", tm_model.name);
    say_pair(protocol, ",sha256=", tm_model.sha256);
    tm_say(protocol, protocol->device->made_by);
    say_number(protocol, ",arena=", tm_model.arena_bytes);
    say_number(protocol, ",weights=", tm_model.weights_bytes);
    say_number(protocol, ",state=", tm_model.state_bytes);
    say_number(protocol, ",layers=", tm_model.layers);
    say_number(protocol, ",inputs=", tm_model_input_bytes());
    say_number(protocol, ",kept=", tm_input_is_kept(protocol) ? tm_model_input_bytes() : 0);
    say_number(protocol, ",outputs=", tm_model_output_bytes());
    say_number(protocol, ",clock=", *protocol->device->clock_hz);
    say_number(protocol, ",command=", TM_COMMAND_BYTES);
    say_number(protocol, ",run=", protocol->run);
    tm_say_line(protocol, "]");
}

static uint8_t output_byte(uint32_t index) {
    uint32_t output = 0;
    while (index >= tm_model_output(output)->bytes) {
        index -= tm_model_output(output)->bytes;
        output++;
    }
    return ((const uint8_t *)tm_model_output(output)->data)[index];
}

/* With a number, outputs of another run than this one are refused. */
static bool is_of_the_run(tm_protocol *protocol) {
    const char *const word = tm_next_word(protocol);
    uint32_t run = 0;
    if (word == NULL) {
        return true;
    }
    if (!tm_parse_unsigned(word, UINT32_MAX, &run)) {
        tm_say_line(protocol, "e-[Command 'tm raw' takes the number of a run]");
        return false;
    }
    if (run != protocol->run) {
        say_number(protocol, "e-[The last run was ", protocol->run);
        tm_say_line(protocol, "]");
    }
    return run == protocol->run;
}

static void raw(tm_protocol *protocol) {
    if (!is_of_the_run(protocol)) {
        return;
    }
    const uint32_t bytes = tm_model_output_bytes();
    uint32_t crc = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        const uint8_t byte = output_byte(i);
        crc = tm_crc32(crc, &byte, 1);
        if (i % RAW_LINE_BYTES == 0) {
            say_number(protocol, "m-tm-raw-[", i);
            tm_say(protocol, ",");
        }
        tm_say_hex(protocol, byte, 2);
        if (i % RAW_LINE_BYTES == RAW_LINE_BYTES - 1u || i + 1u == bytes) {
            tm_say_line(protocol, "]");
        }
    }
    tm_say(protocol, "m-tm-crc-[");
    tm_say_hex(protocol, crc, 8);
    tm_say_line(protocol, "]");
}

/* The total is that of the last inference, which ran with no hook. The layers come from running it
 * once more on the same input, with the same output, so that nothing need be kept; of a model that
 * remembers this is one more step, or with "reset" the first. "total" does without them, and
 * without the time that they take. */
static void cycles(tm_protocol *protocol) {
    const char *const word = tm_next_word(protocol);
    say_number(protocol, "m-tm-cycles-[", protocol->cycles);
    tm_say_line(protocol, "]");
    if (word != NULL && tm_words_equal(word, "total")) {
        return;
    }
    if (!tm_input_is_kept(protocol)) {
        tm_say_line(protocol, "e-[The input is not kept: ask for the layers by 'tm run']");
        return;
    }
    if (word != NULL && tm_words_equal(word, "reset")) {
        tm_model_reset();
    } else if (tm_model.state_bytes > 0) {
        protocol->run = 0; /* the state is no longer that after the run */
    }
    const uint32_t total = protocol->cycles;
    (void)tm_layers_infer_once(protocol);
    protocol->cycles = total;
}

static void memory(tm_protocol *protocol) {
    say_number(protocol, "m-tm-memory-[arena=", tm_model.arena_bytes);
    say_number(protocol, ",stack_used=", protocol->device->stack_used());
    say_number(protocol, ",stack_size=", protocol->device->stack_size());
    tm_say_line(protocol, "]");
}

static void of_the_last_inference(tm_protocol *protocol, void (*run)(tm_protocol *protocol)) {
    if (protocol->has_run) {
        run(protocol);
    } else {
        tm_say_line(protocol, "e-[No inference yet]");
    }
}

void tm_command_tm(tm_protocol *protocol) {
    const char *const word = tm_next_word(protocol);
    if (word == NULL) {
        tm_say_line(protocol, "e-[Command 'tm' requires a subcommand]");
    } else if (tm_words_equal(word, "info")) {
        info(protocol);
    } else if (tm_words_equal(word, "put")) {
        tm_command_put(protocol);
    } else if (tm_words_equal(word, "feed")) {
        tm_command_feed(protocol);
    } else if (tm_words_equal(word, "run")) {
        tm_command_run(protocol);
    } else if (tm_words_equal(word, "raw")) {
        of_the_last_inference(protocol, raw);
    } else if (tm_words_equal(word, "cycles")) {
        of_the_last_inference(protocol, cycles);
    } else if (tm_words_equal(word, "memory")) {
        memory(protocol);
    } else if (tm_words_equal(word, "reset")) {
        tm_model_reset();
        protocol->run = 0;
        tm_say_line(protocol, "m-tm-reset-done");
    } else if (tm_words_equal(word, "app")) {
        protocol->application_wanted = true;
        protocol->has_run = false; /* the application has outputs and a state of its own */
        protocol->input_is_used = !tm_input_is_kept(protocol);
        protocol->run = 0;
    } else if (protocol->device->more == NULL || !protocol->device->more(protocol, word)) {
        tm_say_line(protocol, "e-[Unknown subcommand of 'tm']");
    }
}
