/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_input.h"

#include <stddef.h>

#include "tm_crc32.h"
#include "tm_model.h"
#include "tm_reply.h"

bool tm_input_is_kept(const tm_protocol *protocol) { return protocol->input != NULL; }

uint8_t *tm_input_at(const tm_protocol *protocol, uint32_t offset) {
    if (protocol->input != NULL) {
        return protocol->input + offset;
    }
    uint32_t input = 0;
    while (offset >= tm_model_input(input)->bytes) {
        offset -= tm_model_input(input)->bytes;
        input++;
    }
    return (uint8_t *)tm_model_input(input)->data + offset;
}

void tm_input_write(const tm_protocol *protocol, uint32_t offset, const char *digits,
                    uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        const int byte = 16 * tm_hex_digit(digits[2u * i]) + tm_hex_digit(digits[2u * i + 1u]);
        *tm_input_at(protocol, offset + i) = (uint8_t)byte;
    }
}

void tm_input_clear(const tm_protocol *protocol) {
    for (uint32_t i = 0; i < protocol->input_bytes; i++) {
        *tm_input_at(protocol, i) = 0;
    }
}

uint32_t tm_input_crc(const tm_protocol *protocol) {
    if (protocol->input != NULL) {
        return tm_crc32(0, protocol->input, protocol->input_bytes);
    }
    uint32_t crc = 0;
    for (uint32_t i = 0; i < tm_model.inputs; i++) {
        crc = tm_crc32(crc, tm_model_input(i)->data, tm_model_input(i)->bytes);
    }
    return crc;
}
