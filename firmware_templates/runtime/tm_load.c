/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_load.h"

#include <stddef.h>

#include "tm_input.h"
#include "tm_model.h"
#include "tm_reply.h"
#include "tm_tensor.h"

static const tm_coding *coding_of(const tm_protocol *protocol) { return protocol->device->coding; }

/* Where features stand as bytes: FP32LE in the files, as these cores have them in memory. */
static uint8_t *features_of(const tm_protocol *protocol) {
    const tm_coding *const coding = coding_of(protocol);
    return coding == NULL ? NULL : (uint8_t *)coding->features;
}

static uint8_t flip_of(const tm_protocol *protocol) {
    const tm_coding *const coding = coding_of(protocol);
    return coding == NULL ? 0 : coding->flip;
}

static uint8_t *place_of(const tm_protocol *protocol, uint32_t offset) {
    uint8_t *const features = features_of(protocol);
    return features == NULL ? tm_input_at(protocol, offset) : features + offset;
}

uint32_t tm_load_most(const tm_protocol *protocol) {
    const tm_coding *const coding = coding_of(protocol);
    return coding == NULL ? protocol->input_bytes : coding->load_bytes;
}

bool tm_load_may_have(const tm_protocol *protocol, uint32_t bytes) {
    const uint32_t most = tm_load_most(protocol);
    return coding_of(protocol) == NULL ? bytes <= most : bytes == most;
}

void tm_load_write(const tm_protocol *protocol, uint32_t offset, const char *digits,
                   uint32_t bytes) {
    const uint8_t flip = flip_of(protocol);
    for (uint32_t i = 0; i < bytes; i++) {
        const int byte = 16 * tm_hex_digit(digits[2u * i]) + tm_hex_digit(digits[2u * i + 1u]);
        *place_of(protocol, offset + i) = (uint8_t)(byte ^ flip);
    }
}

uint8_t tm_load_byte(const tm_protocol *protocol, uint32_t offset) {
    return (uint8_t)(*place_of(protocol, offset) ^ flip_of(protocol));
}

void tm_load_end(const tm_protocol *protocol) {
    if (!tm_load_has_error(protocol)) {
        return;
    }
    tm_tensor input = *tm_model_input(0);
    const uint32_t elements = tm_tensor_elements(&input);
    input.data = tm_input_at(protocol, 0);
    for (uint32_t i = 0; i < elements; i++) {
        tm_tensor_set(&input, i, coding_of(protocol)->features[i]);
    }
}

bool tm_load_has_error(const tm_protocol *protocol) { return features_of(protocol) != NULL; }

float tm_load_error(const tm_protocol *protocol) {
    const tm_tensor *const output = tm_model_output(0);
    const uint32_t elements = tm_tensor_elements(output);
    float sum = 0.0f;
    for (uint32_t i = 0; i < elements; i++) {
        const float apart = coding_of(protocol)->features[i] - tm_tensor_value(output, i);
        sum += apart * apart;
    }
    return sum / (float)elements;
}
