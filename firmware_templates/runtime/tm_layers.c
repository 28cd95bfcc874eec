/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_layers.h"

#include "tm_commands.h"
#include "tm_model.h"
#include "tm_reply.h"

typedef struct {
    tm_protocol *protocol;
    uint32_t start;  /* of the layer, in cycles */
    uint32_t cycles; /* of all layers so far */
} layers;

/* The time that saying the line takes is outside of what is counted. */
static void say_layer(void *context, uint32_t layer) {
    layers *const found = context;
    tm_protocol *const protocol = found->protocol;
    const uint32_t cycles = protocol->device->cycles() - found->start;
    found->cycles += cycles;
    tm_say(protocol, "m-tm-layer-[");
    tm_say_unsigned(protocol, layer);
    tm_say(protocol, ",");
    tm_say(protocol, tm_model_layer_name(layer));
    tm_say(protocol, ",");
    tm_say_unsigned(protocol, cycles);
    tm_say_line(protocol, "]");
    (void)protocol->device->microseconds();
    found->start = protocol->device->cycles();
}

bool tm_layers_infer_once(tm_protocol *protocol) {
    layers found = {.protocol = protocol};
    tm_command_set_inputs(protocol);
    found.start = protocol->device->cycles();
    const int code = tm_model_invoke(say_layer, &found);
    protocol->cycles = found.cycles;
    return tm_command_did_run(protocol, code);
}
