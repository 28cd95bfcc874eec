/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_layers.h"

#include "tm_commands.h"
#include "tm_model.h"
#include "tm_reply.h"

/* tm_layer_hook has no argument for these. */
static tm_protocol *hooked;
static uint32_t layer_start;
static uint32_t layers_cycles;

/* The time that saying the line takes is outside of what is counted. */
static void say_layer(uint32_t layer) {
    const uint32_t cycles = hooked->device->cycles() - layer_start;
    layers_cycles += cycles;
    tm_say(hooked, "m-tm-layer-[");
    tm_say_unsigned(hooked, layer);
    tm_say(hooked, ",");
    tm_say(hooked, tm_model_layer_name(layer));
    tm_say(hooked, ",");
    tm_say_unsigned(hooked, cycles);
    tm_say_line(hooked, "]");
    (void)hooked->device->microseconds();
    layer_start = hooked->device->cycles();
}

bool tm_layers_infer_once(tm_protocol *protocol) {
    hooked = protocol;
    layers_cycles = 0;
    tm_command_set_inputs(protocol);
    layer_start = protocol->device->cycles();
    const int code = tm_model_invoke(say_layer);
    protocol->cycles = layers_cycles;
    return tm_command_did_run(protocol, code);
}
