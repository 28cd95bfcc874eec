/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the protocol: the words of a command, and the lines of its reply. */
#ifndef TM_REPLY_H
#define TM_REPLY_H

#include "tm_protocol_state.h"

/* The next word of the command, or null. */
const char *tm_next_word(tm_protocol *protocol);
bool tm_words_equal(const char *a, const char *b);
/* Reads all of word as a decimal number up to limit; returns whether it is one. */
bool tm_parse_unsigned(const char *word, uint32_t limit, uint32_t *value);
/* The value of a hex digit, or -1. */
int tm_hex_digit(char c);
/* The number of hex digits in word if it has nothing else and an even number of them; else says
 * what is wrong, and returns 0. */
uint32_t tm_check_hex(tm_protocol *protocol, const char *word);

void tm_say(tm_protocol *protocol, const char *string);
void tm_say_unsigned(tm_protocol *protocol, uint64_t value);
void tm_say_hex(tm_protocol *protocol, uint32_t value, uint32_t digits);
void tm_say_float(tm_protocol *protocol, float value, uint32_t decimals);
void tm_end_line(tm_protocol *protocol);
/* A line with an end. */
void tm_say_line(tm_protocol *protocol, const char *line);

#endif
