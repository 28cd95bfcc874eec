/* SPDX-License-Identifier: Apache-2.0
 *
 * From bytes to commands. The forms of MLPerf Tiny's lines are those of its reference firmware
 * (EEMBC API v1.0), as its public runner expects them. */
#include "tm_protocol.h"

#include <stddef.h>

#include "tm_commands.h"
#include "tm_exact.h"
#include "tm_input.h"
#include "tm_load.h"
#include "tm_model.h"
#include "tm_reply.h"

#define ECHO_CHARS 32u

static void command_name(tm_protocol *protocol) {
    tm_say(protocol, "m-name-dut-[");
    tm_say(protocol, protocol->device->board);
    tm_say_line(protocol, "]");
}

static void command_profile(tm_protocol *protocol) {
    const tm_coding *const coding = protocol->device->coding;
    tm_say_line(protocol, "m-profile-[ULPMark for tinyML Firmware V0.0.1]");
    tm_say(protocol, "m-model-[");
    tm_say(protocol, coding == NULL ? tm_model.name : coding->model);
    tm_say_line(protocol, "]");
}

static void command_help(tm_protocol *protocol) {
    static const char *const lines[] = {
        "help            : these lines",
        "name            : the board",
        "profile         : the firmware and the model",
        "timestamp       : microseconds since the start",
        "db load N       : expect N bytes of input",
        "db HH[HH]*      : the next bytes, in hex",
        "db print [N] [O]: N bytes from O on",
        "infer [N] [W]   : N inferences (1) after W for warming up (10)",
        "results         : the outputs as real numbers",
        "tm info         : what is known of firmware and model",
        "tm raw [N]      : the outputs' bytes with CRC-32, of run N only",
        "tm cycles [total|reset]: cycles of the last inference, in all and (not: total) by layer",
        "tm memory       : arena and stack",
        "tm reset        : forget what earlier inferences left",
        "tm put O HH[HH]*: input bytes in hex, from O on",
        "tm run N CRC [reset] [after M] [layers]: inference number N, if CRC is the input's CRC-32",
        "tm feed start   : the stream begins anew",
        "tm feed O HH[HH]*: raw samples or rows of the stream, from byte O on",
        "tm exact CRC TAG COMMAND: the command, if CRC is the CRC-32 of TAG COMMAND",
        "tm app          : the application; any byte ends it",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        tm_say_line(protocol, lines[i]);
    }
}

typedef struct {
    const char *name;
    void (*run)(tm_protocol *protocol);
} command;

static const command commands[] = {
    {"name", command_name}, {"profile", command_profile},
    {"help", command_help}, {"timestamp", tm_command_timestamp},
    {"db", tm_command_db},  {"infer", tm_command_infer},
    {"tm", tm_command_tm},  {"results", tm_command_results},
};

static void unknown_command(tm_protocol *protocol, const char *word) {
    char echo[ECHO_CHARS + 1] = {0};
    for (size_t i = 0; i < ECHO_CHARS && word[i] != '\0'; i++) {
        echo[i] = word[i];
    }
    tm_say(protocol, "e-[Unknown command: ");
    tm_say(protocol, echo);
    tm_say_line(protocol, "]");
}

/* An empty command is no error: "%" is the way to ask whether someone is there. */
static void run_words(tm_protocol *protocol) {
    const char *const word = tm_next_word(protocol);
    if (word == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (tm_words_equal(word, commands[i].name)) {
            commands[i].run(protocol);
            return;
        }
    }
    unknown_command(protocol, word);
}

/* Whether the command begins with the words, which are then taken from it. */
static bool begins_with(tm_protocol *protocol, const char *words) {
    const char *rest = protocol->rest;
    while (*rest == ' ') {
        rest++;
    }
    for (; *words != '\0'; words++, rest++) {
        if (*rest != *words) {
            return false;
        }
    }
    protocol->rest += rest - (const char *)protocol->rest;
    return true;
}

static void run_command(tm_protocol *protocol) {
    protocol->rest = protocol->command;
    if (!begins_with(protocol, "tm exact ")) {
        run_words(protocol);
    } else if (tm_exact_begin(protocol)) {
        run_words(protocol);
        tm_exact_end(protocol);
    }
}

static void say_loss(tm_protocol *protocol, const char **separator, uint32_t bytes,
                     const char *reason) {
    if (bytes > 0) {
        tm_say(protocol, *separator);
        tm_say_unsigned(protocol, bytes);
        tm_say(protocol, reason);
        *separator = ", ";
    }
}

/* Before the answer to whichever command comes next, as what was lost may be all of one. */
static void say_losses(tm_protocol *protocol) {
    const tm_losses lost = protocol->device->losses();
    const uint32_t bytes = lost.full + lost.overrun + lost.framing + lost.noise + lost.breaks;
    if (bytes == 0) {
        return;
    }
    const char *separator = lost.overrun > 0 ? " or more bytes: "
                            : bytes == 1u    ? " byte: "
                                             : " bytes: ";
    tm_say(protocol, "e-[Lost ");
    tm_say_unsigned(protocol, bytes);
    say_loss(protocol, &separator, lost.full, " buffer full");
    say_loss(protocol, &separator, lost.overrun, " overrun");
    say_loss(protocol, &separator, lost.framing, " framing");
    say_loss(protocol, &separator, lost.noise, " noise");
    say_loss(protocol, &separator, lost.breaks, " break");
    tm_say_line(protocol, "]");
}

static void end_command(tm_protocol *protocol) {
    protocol->command[protocol->length] = '\0';
    say_losses(protocol);
    if (protocol->not_text) {
        tm_say_line(protocol, "e-[Command has bytes that are not text, or were lost]");
    } else if (protocol->too_long) {
        tm_say(protocol, "e-[Command is longer than ");
        tm_say_unsigned(protocol, TM_COMMAND_BYTES);
        tm_say_line(protocol, " bytes]");
    } else {
        run_command(protocol);
    }
    protocol->length = 0;
    protocol->too_long = false;
    protocol->not_text = false;
    tm_say_line(protocol, "m-ready");
}

void tm_protocol_receive(tm_protocol *protocol, uint8_t byte) {
    if (byte == '%') {
        end_command(protocol);
        return;
    }
    if (byte == '\r' || byte == '\n' || byte == '\t') {
        byte = ' ';
    }
    if (byte < 0x20u || byte > 0x7Eu) {
        protocol->not_text = true;
    } else if (protocol->length == TM_COMMAND_BYTES) {
        protocol->too_long = true;
    } else {
        protocol->command[protocol->length++] = (char)byte;
    }
}

void tm_protocol_start(tm_protocol *protocol, const tm_device *device, uint8_t *input,
                       uint32_t input_bytes) {
    const tm_protocol empty = {.device = device, .input = input, .input_bytes = input_bytes};
    *protocol = empty;
    protocol->out = tm_text_over(protocol->reply, sizeof protocol->reply);
    if (tm_model_init() != 0) {
        tm_say_line(protocol, "e-[The model cannot run]");
    }
    if (tm_input_is_kept(protocol)) {
        tm_input_clear(protocol);
    } else {
        protocol->input_is_used = true; /* the application uses the model from now on */
    }
    protocol->needs_load = tm_load_has_error(protocol);
    tm_say_line(protocol, "m-init-done");
    tm_say_line(protocol, "m-ready");
}
