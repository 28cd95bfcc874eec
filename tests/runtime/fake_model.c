/* SPDX-License-Identifier: Apache-2.0
 *
 * A model for tests of the protocol: two inputs (3 int8, 2 int16), two outputs (70 int8, 2
 * float32). Its inputs are overwritten by a run, as an arena does it. */
#include "fake_model.h"

#include <stddef.h>

static int8_t small[3];
static int16_t wide[2];
static int8_t bytes_out[70];
static float floats_out[2];

static const tm_tensor inputs[] = {
    {.data = small, .bytes = sizeof small, .type = TM_INT8, .scale = 0.5f, .zero_point = 1},
    {.data = wide, .bytes = sizeof wide, .type = TM_INT16, .scale = 0.25f, .zero_point = 0},
};
static const tm_tensor outputs[] = {
    {.data = bytes_out,
     .bytes = sizeof bytes_out,
     .type = TM_INT8,
     .scale = 0.00390625f,
     .zero_point = -128},
    {.data = floats_out,
     .bytes = sizeof floats_out,
     .type = TM_FLOAT32,
     .scale = 1.0f,
     .zero_point = 0},
};

const tm_model_info tm_model = {
    .name = "fake",
    .engine = "aot",
    .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    .arena_bytes = 128,
    .weights_bytes = 12,
    .layers = 2,
    .inputs = 2,
    .outputs = 2,
};

int fake_model_code = 0;
/* Not zero, so that start-up code which does not copy .data is seen. */
static uint32_t runs_left = 100000000u;

int tm_model_init(void) { return fake_model_code; }
void tm_model_reset(void) {}
const tm_tensor *tm_model_input(uint32_t index) { return &inputs[index]; }
const tm_tensor *tm_model_output(uint32_t index) { return &outputs[index]; }
const char *tm_model_layer_name(uint32_t layer) { return layer == 0 ? "CONV_2D" : "SOFTMAX"; }

int tm_model_invoke(tm_layer_hook hook, void *context) {
    if (fake_model_code != 0 || runs_left == 0) {
        return fake_model_code != 0 ? fake_model_code : 1;
    }
    runs_left--;
    for (uint32_t i = 0; i < sizeof bytes_out; i++) {
        bytes_out[i] = (int8_t)(small[i % 3u] ^ (int8_t)i);
    }
    floats_out[0] = (float)wide[0] / 4.0f;
    floats_out[1] = -0.0625f;
    small[0] = 77;
    wide[0] = 7777;
    for (uint32_t layer = 0; hook != NULL && layer < tm_model.layers; layer++) {
        hook(context, layer);
    }
    return 0;
}

bool tm_model_is_due(void) { return true; }
