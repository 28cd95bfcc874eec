/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_model.h for two models called first and second in one firmware, in place of the tm_aot.c that
 * stands for one: its input is the inputs of both, its output the outputs of both. With SHARED the
 * two have one arena and run one after the other; else each keeps its inputs or outputs while the
 * other runs. */
#include "first.h"
#include "second.h"
#include "tm_model.h"

#include <stddef.h>

static uint8_t taken[FIRST_INPUT_BYTES + SECOND_INPUT_BYTES];
static uint8_t given[FIRST_OUTPUT_BYTES + SECOND_OUTPUT_BYTES];
static const tm_tensor input = {taken, sizeof taken, TM_INT8, 1.0f, 0};
static const tm_tensor output = {given, sizeof given, TM_INT8, 1.0f, 0};

const tm_model_info tm_model = {
    .name = "two",
    .engine = "aot",
    .sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
    .layers = FIRST_LAYERS + SECOND_LAYERS,
    .inputs = 1,
    .outputs = 1,
};

int tm_model_init(void) {
    tm_model_reset();
    return 0;
}

void tm_model_reset(void) {
    first_reset();
    second_reset();
}

const tm_tensor *tm_model_input(uint32_t index) { return index == 0 ? &input : NULL; }

const tm_tensor *tm_model_output(uint32_t index) { return index == 0 ? &output : NULL; }

const char *tm_model_layer_name(uint32_t layer) {
    return layer < FIRST_LAYERS ? "first" : "second";
}

static void copy(void *to, const void *from, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
}

static void give_first(void) { copy(given, first_output(), FIRST_OUTPUT_BYTES); }

static void take_second(void) {
    copy(second_input(), taken + FIRST_INPUT_BYTES, SECOND_INPUT_BYTES);
}

int tm_model_invoke(tm_layer_hook hook, void *context) {
    copy(first_input(), taken, FIRST_INPUT_BYTES);
#ifdef SHARED
    int wrong = first_run_layers(first_arena, hook, context);
    give_first();
    take_second();
    wrong |= second_run_layers(second_arena, hook, context);
#else
    take_second();
    int wrong = first_run_layers(first_arena, hook, context);
    wrong |= second_run_layers(second_arena, hook, context);
    give_first();
#endif
    copy(given + FIRST_OUTPUT_BYTES, second_output(), SECOND_OUTPUT_BYTES);
    return wrong;
}

bool tm_model_is_due(void) { return true; }
