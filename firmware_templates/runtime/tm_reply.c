/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_reply.h"

#include <stddef.h>

#include "tm_crc32.h"

/* More than any number takes. */
#define NUMBER_CHARS 24u

const char *tm_next_word(tm_protocol *protocol) {
    char *word = protocol->rest;
    while (*word == ' ') {
        word++;
    }
    if (*word == '\0') {
        protocol->rest = word;
        return NULL;
    }
    char *end = word;
    while (*end != ' ' && *end != '\0') {
        end++;
    }
    protocol->rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

bool tm_words_equal(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

bool tm_parse_unsigned(const char *word, uint32_t limit, uint32_t *value) {
    uint64_t number = 0;
    const char *c = word;
    for (; *c >= '0' && *c <= '9'; c++) {
        number = 10u * number + (uint32_t)(*c - '0');
        if (number > limit) {
            return false;
        }
    }
    *value = (uint32_t)number;
    return *c == '\0' && c != word;
}

static void flush(tm_protocol *protocol) {
    tm_text *const out = &protocol->out;
    if (protocol->exact.line_is_open) {
        const uint8_t *const data = (const uint8_t *)out->data + protocol->exact.from;
        protocol->exact.crc =
            tm_crc32(protocol->exact.crc, data, out->length - protocol->exact.from);
        protocol->exact.from = 0;
    }
    protocol->device->write(out->data, out->length);
    out->length = 0;
}

/* The buffer is empty between lines, and has room for this. */
static void open_exact_line(tm_protocol *protocol) {
    tm_text *const out = &protocol->out;
    tm_text_string(out, "m-tm-line-[");
    protocol->exact.line_is_open = true;
    protocol->exact.crc = 0;
    protocol->exact.from = out->length;
    tm_text_string(out, protocol->exact.tag);
    tm_text_char(out, ',');
    tm_text_unsigned(out, protocol->exact.lines++);
    tm_text_char(out, ',');
}

static void close_exact_line(tm_protocol *protocol) {
    flush(protocol);
    protocol->exact.line_is_open = false;
    tm_text_char(&protocol->out, ',');
    tm_text_hex(&protocol->out, protocol->exact.crc, 8);
    tm_text_char(&protocol->out, ']');
}

static void make_room(tm_protocol *protocol, uint32_t chars) {
    if (protocol->exact.is_on && !protocol->exact.line_is_open) {
        open_exact_line(protocol);
    }
    if (protocol->out.length + chars > protocol->out.capacity) {
        flush(protocol);
    }
}

void tm_say(tm_protocol *protocol, const char *string) {
    for (; *string != '\0'; string++) {
        make_room(protocol, 1);
        tm_text_char(&protocol->out, *string);
    }
}

void tm_say_unsigned(tm_protocol *protocol, uint64_t value) {
    make_room(protocol, NUMBER_CHARS);
    tm_text_unsigned(&protocol->out, value);
}

void tm_say_hex(tm_protocol *protocol, uint32_t value, uint32_t digits) {
    make_room(protocol, NUMBER_CHARS);
    tm_text_hex(&protocol->out, value, digits);
}

void tm_say_float(tm_protocol *protocol, float value, uint32_t decimals) {
    make_room(protocol, NUMBER_CHARS);
    tm_text_float(&protocol->out, value, decimals);
}

void tm_end_line(tm_protocol *protocol) {
    if (protocol->exact.line_is_open) {
        close_exact_line(protocol);
    }
    tm_text_string(&protocol->out, "\r\n");
    protocol->device->write(protocol->out.data, protocol->out.length);
    protocol->out.length = 0;
}

void tm_say_line(tm_protocol *protocol, const char *line) {
    tm_say(protocol, line);
    tm_end_line(protocol);
}

int tm_hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

uint32_t tm_check_hex(tm_protocol *protocol, const char *digits) {
    uint32_t count = 0;
    for (; digits[count] != '\0'; count++) {
        if (tm_hex_digit(digits[count]) < 0) {
            const char wrong[2] = {digits[count], '\0'};
            tm_say(protocol, "e-[Invalid hex digit '");
            tm_say(protocol, wrong);
            tm_say_line(protocol, "']");
            return 0;
        }
    }
    if (count % 2u != 0) {
        tm_say_line(protocol, "e-[Insufficent number of hex digits]");
        return 0;
    }
    return count;
}
