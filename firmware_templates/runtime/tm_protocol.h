/* SPDX-License-Identifier: Apache-2.0
 *
 * The line protocol: MLPerf Tiny's commands (their ends are '%') and our own, "tm ...". Bytes go
 * in, replies come out of tm_device.write; nothing else is known of the port, so that the
 * protocol runs, and is fuzzed, on any computer. Every command ends with the line m-ready. */
#ifndef TM_PROTOCOL_H
#define TM_PROTOCOL_H

#include "tm_protocol_state.h"

/* Prepares the model, and says m-init-done and m-ready. input, which is filled with zeros, has
 * input_bytes, as all inputs together; it is NULL where the input is not kept. */
void tm_protocol_start(tm_protocol *protocol, const tm_device *device, uint8_t *input,
                       uint32_t input_bytes);
/* Takes the next byte from the line; a '%' runs the command before it. */
void tm_protocol_receive(tm_protocol *protocol, uint8_t byte);

#endif
