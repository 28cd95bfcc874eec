/* SPDX-License-Identifier: Apache-2.0
 *
 * A model that faults: its input byte says how. */
#include "tm_model.h"

static int8_t input_byte;
static int8_t output_byte;
static const tm_tensor input = {.data = &input_byte, .bytes = 1, .type = TM_INT8, .scale = 1.0f};
static const tm_tensor output = {.data = &output_byte, .bytes = 1, .type = TM_INT8, .scale = 1.0f};

const tm_model_info tm_model = {
    .name = "faulty", .engine = "aot", .sha256 = "", .inputs = 1, .outputs = 1};

int tm_model_init(void) { return 0; }
void tm_model_reset(void) {}
const tm_tensor *tm_model_input(uint32_t index) { return index == 0 ? &input : 0; }
const tm_tensor *tm_model_output(uint32_t index) { return index == 0 ? &output : 0; }
const char *tm_model_layer_name(uint32_t layer) { return layer == 0 ? "FAULT" : ""; }

static volatile uint32_t sink;

static uint32_t dig(uint32_t depth) {
    volatile uint32_t room[64];
    room[depth % 64u] = depth;
    if (depth < 1000000u) {
        sink = dig(depth + 1u);
    }
    return room[depth % 64u] + sink;
}

int tm_model_invoke(tm_layer_hook hook, void *context) {
    (void)hook;
    (void)context;
    switch (input_byte) {
    case 1:
        __asm volatile("udf #0");
        break;
    case 2:
        sink = *(volatile uint32_t *)0x60000010u;
        break;
    case 3:
        sink = dig(0);
        break;
    case 4:
        *(volatile uint32_t *)0xE000E100u = 1u << 20; /* NVIC_ISER0, ISPR0: nobody handles it */
        *(volatile uint32_t *)0xE000E200u = 1u << 20;
        __asm volatile("dsb\n\tisb" ::: "memory");
        break;
    default:
        break;
    }
    return 0;
}

bool tm_model_is_due(void) { return true; }
