/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the protocol: the bytes of all inputs, one after the other. They stand in the copy that
 * the firmware keeps, or, where RAM has no room for one, in the model's inputs themselves. */
#ifndef TM_INPUT_H
#define TM_INPUT_H

#include "tm_protocol_state.h"

/* offset is below input_bytes. */
uint8_t *tm_input_at(const tm_protocol *protocol, uint32_t offset);
/* Writes the bytes that hex digits say, which tm_check_hex has seen, from offset on. */
void tm_input_write(const tm_protocol *protocol, uint32_t offset, const char *digits,
                    uint32_t bytes);
void tm_input_clear(const tm_protocol *protocol);
/* CRC-32 of all inputs. */
uint32_t tm_input_crc(const tm_protocol *protocol);
/* Whether the firmware keeps a copy, so that an input is good for any number of inferences. */
bool tm_input_is_kept(const tm_protocol *protocol);

#endif
