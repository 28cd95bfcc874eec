/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_exact.h"

#include <stddef.h>

#include "tm_crc32.h"
#include "tm_reply.h"

static uint32_t length_of(const char *string) {
    uint32_t length = 0;
    while (string[length] != '\0') {
        length++;
    }
    return length;
}

bool tm_exact_begin(tm_protocol *protocol) {
    const char *const crc = tm_next_word(protocol);
    const char *const text = protocol->rest;
    const uint32_t found = tm_crc32(0, (const uint8_t *)text, length_of(text));
    const char *const tag = crc == NULL ? NULL : tm_next_word(protocol);
    if (tag == NULL || length_of(tag) > TM_TAG_CHARS) {
        tm_say_line(protocol, "e-[Command 'tm exact' requires a CRC-32, a tag and a command]");
        return false;
    }
    char digits[9] = {0};
    tm_text hex = tm_text_over(digits, 8);
    tm_text_hex(&hex, found, 8);
    if (!tm_words_equal(crc, digits)) {
        tm_say(protocol, "e-[Command came with another CRC-32: ");
        tm_say(protocol, digits);
        tm_say_line(protocol, "]");
        return false;
    }
    for (uint32_t i = 0; i <= length_of(tag); i++) {
        protocol->exact.tag[i] = tag[i];
    }
    protocol->exact.lines = 0;
    protocol->exact.is_on = true;
    return true;
}

void tm_exact_end(tm_protocol *protocol) {
    tm_say(protocol, "end");
    tm_end_line(protocol);
    protocol->exact.is_on = false;
}
