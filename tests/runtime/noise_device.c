/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole device for tests of noisy lines, as a library: the protocol, a model that remembers, and
 * a cycle counter that only the model moves, so that every figure is known beforehand. */
#include "noise_device.h"

#include <stddef.h>
#include <string.h>

#include "tm_feed.h"
#include "tm_protocol.h"
#include "tm_tensor.h"

#define INPUT_BYTES 24u
#define OUTPUT_BYTES 80u
#define LAYERS 3u
#define REPLY_BYTES (1u << 16)

static int8_t in[INPUT_BYTES];
static int8_t out[OUTPUT_BYTES];
static uint8_t state;
static uint32_t clock_now;
static uint32_t flaw; /* of a firmware that computes wrongly: the value of state in which it does */
static uint32_t invocations;

static uint8_t input[INPUT_BYTES];
static tm_protocol protocol;
static char reply[REPLY_BYTES];
static uint32_t reply_length;

static const tm_tensor input_tensor = {
    .data = in, .bytes = INPUT_BYTES, .type = TM_INT8, .scale = 1.0f, .zero_point = 0};
static const tm_tensor output_tensor = {
    .data = out, .bytes = OUTPUT_BYTES, .type = TM_INT8, .scale = 1.0f, .zero_point = 0};

const tm_model_info tm_model = {
    .name = "remembers",
    .engine = "aot",
    .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    .arena_bytes = 105,
    .weights_bytes = 0,
    .layers = LAYERS,
    .inputs = 1,
    .outputs = 1,
    .state_bytes = 1,
};

int tm_model_init(void) {
    state = 0;
    return 0;
}

void tm_model_reset(void) { state = 0; }
const tm_tensor *tm_model_input(uint32_t index) {
    (void)index;
    return &input_tensor;
}
const tm_tensor *tm_model_output(uint32_t index) {
    (void)index;
    return &output_tensor;
}
const char *tm_model_layer_name(uint32_t layer) {
    static const char *const names[LAYERS] = {"CONV_2D", "FULLY_CONNECTED", "SOFTMAX"};
    return names[layer];
}

int tm_model_invoke(tm_layer_hook hook, void *context) {
    for (uint32_t i = 0; i < OUTPUT_BYTES; i++) {
        out[i] = (int8_t)(uint8_t)((uint8_t)in[i % INPUT_BYTES] * 31u + state * 7u + i);
    }
    if (flaw != 0 && state == flaw - 1u) {
        out[state % OUTPUT_BYTES] ^= 1;
    }
    state = (uint8_t)(state + 1u + ((uint8_t)in[0] & 3u));
    for (uint32_t layer = 0; layer < LAYERS; layer++) {
        clock_now += 1000u + layer * 100u + (uint8_t)in[layer];
        if (hook != NULL) {
            hook(context, layer);
        }
    }
    memset(in, 0x55, sizeof in); /* as an arena overwrites its input */
    invocations++;
    return 0;
}

bool tm_model_is_due(void) { return true; }

/* Windows of ROWS samples, HOP apart, of a stream. */
#define ROWS 12u
#define HOP 5u
static int16_t last[ROWS];
static uint32_t fed_samples;
static bool is_due;
static uint32_t decisions;

static void feed_start(void) {
    fed_samples = 0;
    is_due = false;
    decisions = 0;
}

static uint32_t feed_take(const tm_feed_items *items, uint32_t count) {
    uint32_t taken = 0;
    while (taken < count && !is_due) {
        memmove(last, last + 1, sizeof last - sizeof last[0]);
        last[ROWS - 1u] = items->sound[taken++];
        fed_samples++;
        clock_now += 10u;
        is_due = fed_samples >= ROWS && (fed_samples - ROWS) % HOP == 0;
    }
    return taken;
}

static bool feed_window(void *window) {
    const bool was_due = is_due;
    if (was_due) {
        memcpy(window, last, sizeof last);
    }
    is_due = false;
    return was_due;
}

static int32_t feed_decide(const void *output) {
    decisions++;
    return (int32_t)((((const uint8_t *)output)[0] + decisions) % 4u) - 1;
}

static const tm_feed_functions feed = {
    .item_bytes = 2,
    .ram_bytes = sizeof last,
    .rows = ROWS,
    .hop = HOP,
    .start = feed_start,
    .take = feed_take,
    .window = feed_window,
    .decide = feed_decide,
};

static void take_reply(const char *data, uint32_t length) {
    const uint32_t room = REPLY_BYTES - reply_length;
    const uint32_t part = length < room ? length : room;
    memcpy(reply + reply_length, data, part);
    reply_length += part;
}

static uint32_t cycles(void) { return clock_now; }
static uint64_t microseconds(void) { return clock_now; }
static uint32_t stack_used(void) { return 480; }
static uint32_t stack_size(void) { return 4096; }

static const uint32_t clock_hz = 64000000;

static tm_losses losses(void) {
    const tm_losses none = {0};
    return none;
}

static const tm_device device = {
    .board = "noisy",
    .version = "0.0.0",
    .made_by = "",
    .clock_hz = &clock_hz,
    .write = take_reply,
    .cycles = cycles,
    .microseconds = microseconds,
    .stack_used = stack_used,
    .stack_size = stack_size,
    .losses = losses,
    .feed = &feed,
};

void noise_device_start(uint32_t wrong_in_state, uint32_t keeps_input) {
    static const char forget[] = "tm feed start%"; /* as a reset clears all memory */
    tm_protocol_start(&protocol, &device, NULL, INPUT_BYTES);
    for (uint32_t i = 0; i + 1u < sizeof forget; i++) {
        tm_protocol_receive(&protocol, (uint8_t)forget[i]);
    }
    flaw = wrong_in_state;
    reply_length = 0;
    tm_protocol_start(&protocol, &device, keeps_input != 0 ? input : NULL, INPUT_BYTES);
}

uint32_t noise_device_feed(const uint8_t *data, uint32_t length) {
    reply_length = 0;
    invocations = 0;
    for (uint32_t i = 0; i < length; i++) {
        tm_protocol_receive(&protocol, data[i]);
        if (protocol.application_wanted) { /* which uses the model for itself */
            protocol.application_wanted = false;
            tm_model_reset();
            (void)tm_model_invoke(NULL, NULL);
        }
    }
    return invocations;
}

const char *noise_device_reply(uint32_t *length) {
    *length = reply_length;
    return reply;
}
