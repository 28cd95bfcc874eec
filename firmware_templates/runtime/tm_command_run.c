/* SPDX-License-Identifier: Apache-2.0
 *
 * tm put and tm run: an input and an inference that may be asked for twice, as a line that loses
 * answers makes necessary, and count once. */
#include <stddef.h>

#include "tm_commands.h"
#include "tm_input.h"
#include "tm_layers.h"
#include "tm_load.h"
#include "tm_model.h"
#include "tm_reply.h"

void tm_command_put(tm_protocol *protocol) {
    const char *const from = tm_next_word(protocol);
    const char *const digits = from == NULL ? NULL : tm_next_word(protocol);
    uint32_t offset = 0;
    if (digits == NULL || !tm_parse_unsigned(from, protocol->input_bytes, &offset)) {
        tm_say_line(protocol, "e-[Command 'tm put' requires an offset and bytes]");
        return;
    }
    const uint32_t bytes = tm_check_hex(protocol, digits) / 2u;
    if (bytes == 0) {
        return;
    }
    if (bytes > protocol->input_bytes - offset) {
        tm_say_line(protocol, "e-[Command 'tm put' goes beyond the input]");
        return;
    }
    protocol->has_run = false;
    protocol->needs_load = tm_load_has_error(protocol); /* its features belong to another input */
    tm_input_write(protocol, offset, digits, bytes);
    tm_say(protocol, "m-tm-put-[");
    tm_say_unsigned(protocol, offset);
    tm_say(protocol, ",");
    tm_say_unsigned(protocol, bytes);
    tm_say_line(protocol, "]");
}

typedef struct {
    uint32_t number;
    const char *crc;
    bool reset;
    bool layers; /* each layer is timed; such a run is done each time that it is asked for */
    bool has_before;
    uint32_t before; /* the run that must have been the last */
} wish;

static bool read_wish(tm_protocol *protocol, wish *wanted) {
    const char *const number = tm_next_word(protocol);
    wanted->crc = number == NULL ? NULL : tm_next_word(protocol);
    if (wanted->crc == NULL || !tm_parse_unsigned(number, UINT32_MAX, &wanted->number) ||
        wanted->number == 0) {
        return false;
    }
    for (const char *word = tm_next_word(protocol); word != NULL; word = tm_next_word(protocol)) {
        if (tm_words_equal(word, "reset")) {
            wanted->reset = true;
        } else if (tm_words_equal(word, "layers")) {
            wanted->layers = true;
        } else if (tm_words_equal(word, "after")) {
            const char *const before = tm_next_word(protocol);
            wanted->has_before = true;
            if (before == NULL || !tm_parse_unsigned(before, UINT32_MAX, &wanted->before)) {
                return false;
            }
        } else {
            return false;
        }
    }
    return true;
}

static bool has_input(tm_protocol *protocol, const char *crc) {
    char digits[9] = {0};
    tm_text hex = tm_text_over(digits, 8);
    tm_text_hex(&hex, tm_input_crc(protocol), 8);
    if (tm_words_equal(crc, digits)) {
        return true;
    }
    tm_say(protocol, "e-[Input has another CRC-32: ");
    tm_say(protocol, digits);
    tm_say_line(protocol, "]");
    return false;
}

static bool run_anew(tm_protocol *protocol, const wish *wanted) {
    if (wanted->has_before && wanted->before != protocol->run) {
        tm_say(protocol, "e-[The last run was ");
        tm_say_unsigned(protocol, protocol->run);
        tm_say_line(protocol, "]");
        return false;
    }
    if (!has_input(protocol, wanted->crc)) {
        return false;
    }
    if (wanted->reset) {
        tm_model_reset();
    }
    protocol->has_run =
        wanted->layers ? tm_layers_infer_once(protocol) : tm_command_infer_once(protocol);
    protocol->run = wanted->number;
    return protocol->has_run;
}

void tm_command_run(tm_protocol *protocol) {
    wish wanted = {.number = 0};
    if (!read_wish(protocol, &wanted)) {
        tm_say_line(protocol, "e-[Command 'tm run' requires a number and a CRC-32]");
        return;
    }
    const bool was_run = protocol->has_run && wanted.number == protocol->run;
    if ((was_run && !wanted.layers) || run_anew(protocol, &wanted)) {
        tm_say(protocol, "m-tm-run-[");
        tm_say_unsigned(protocol, wanted.number);
        tm_say(protocol, ",");
        tm_say_unsigned(protocol, protocol->cycles);
        tm_say_line(protocol, "]");
    }
}
