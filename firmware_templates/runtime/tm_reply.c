/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_reply.h"

#include <stddef.h>

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
    protocol->device->write(protocol->out.data, protocol->out.length);
    protocol->out.length = 0;
}

static void make_room(tm_protocol *protocol, uint32_t chars) {
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
    tm_say(protocol, "\r\n");
    flush(protocol);
}

void tm_say_line(tm_protocol *protocol, const char *line) {
    tm_say(protocol, line);
    tm_end_line(protocol);
}
