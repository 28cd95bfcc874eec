/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the protocol: what "db" loads, and "results" says of it, by the coding of a benchmark, if
 * there is one. */
#ifndef TM_LOAD_H
#define TM_LOAD_H

#include "tm_protocol_state.h"

/* The most bytes that one load has. */
uint32_t tm_load_most(const tm_protocol *protocol);
/* Whether a load may have so many bytes: a benchmark's has all of them, so that a file of another
 * form is an error and no result. */
bool tm_load_may_have(const tm_protocol *protocol, uint32_t bytes);
/* Writes the bytes that hex digits say, which tm_check_hex has seen, from offset on. */
void tm_load_write(const tm_protocol *protocol, uint32_t offset, const char *digits,
                   uint32_t bytes);
/* The byte at offset, as it was loaded. */
uint8_t tm_load_byte(const tm_protocol *protocol, uint32_t offset);
/* After the last byte: makes the model's input of features. */
void tm_load_end(const tm_protocol *protocol);
/* Whether results are one number, the mean squared error of what the model gave back. */
bool tm_load_has_error(const tm_protocol *protocol);
float tm_load_error(const tm_protocol *protocol);

#endif
