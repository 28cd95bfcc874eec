/* SPDX-License-Identifier: Apache-2.0
 *
 * infer, results and timestamp. */
#include <stddef.h>

#include "tm_commands.h"
#include "tm_input.h"
#include "tm_load.h"
#include "tm_model.h"
#include "tm_reply.h"
#include "tm_tensor.h"

/* The inputs may have been overwritten by the run before: they are copied anew each time. */
void tm_command_set_inputs(tm_protocol *protocol) {
    if (tm_input_is_kept(protocol)) {
        tm_model_set_inputs(protocol->input);
    } else {
        protocol->input_is_used = true;
    }
}

bool tm_command_has_fresh_input(tm_protocol *protocol) {
    if (protocol->input_is_used) {
        tm_say_line(protocol,
                    "e-[No input: it is not kept after an inference, 'db load' it again]");
    }
    return !protocol->input_is_used;
}

bool tm_command_did_run(tm_protocol *protocol, int code) {
    if (code != 0) {
        tm_say_line(protocol, "e-[The model did not run]");
    }
    return code == 0;
}

bool tm_command_infer_once(tm_protocol *protocol) {
    tm_command_set_inputs(protocol);
    const uint32_t start = protocol->device->cycles();
    const int code = tm_model_invoke(NULL, NULL);
    protocol->cycles = protocol->device->cycles() - start;
    (void)protocol->device->microseconds(); /* keeps it from missing a wrap of the counter */
    return tm_command_did_run(protocol, code);
}

static bool infer_times(tm_protocol *protocol, uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        if (!tm_command_infer_once(protocol)) {
            return false;
        }
    }
    return true;
}

static void say_lap(tm_protocol *protocol, uint64_t microseconds) {
    tm_say(protocol, "m-lap-us-");
    tm_say_unsigned(protocol, microseconds);
    tm_end_line(protocol);
}

void tm_command_timestamp(tm_protocol *protocol) {
    say_lap(protocol, protocol->device->microseconds());
}

static bool infer(tm_protocol *protocol, uint32_t times, uint32_t warmup) {
    tm_say(protocol, "m-warmup-start-");
    tm_say_unsigned(protocol, warmup);
    tm_end_line(protocol);
    if (!infer_times(protocol, warmup)) {
        return false;
    }
    if (warmup > 0) {
        tm_model_reset(); /* warming up leaves no trace in a model that remembers */
    }
    tm_say_line(protocol, "m-warmup-done");
    tm_say(protocol, "m-infer-start-");
    tm_say_unsigned(protocol, times);
    tm_end_line(protocol);
    const uint64_t start = protocol->device->microseconds();
    if (!infer_times(protocol, times)) {
        return false;
    }
    const uint64_t end = protocol->device->microseconds();
    say_lap(protocol, start); /* only now: sending takes longer than many an inference */
    say_lap(protocol, end);
    tm_say_line(protocol, "m-infer-done");
    return true;
}

/* Says why the input is not good for so many inferences, if it is not. */
static bool has_input_for(tm_protocol *protocol, uint32_t times) {
    if (protocol->needs_load) {
        tm_say_line(protocol, "e-[No input: 'db load' it]");
        return false;
    }
    if (protocol->loaded < protocol->load_bytes) {
        tm_say(protocol, "e-[Input has ");
        tm_say_unsigned(protocol, protocol->loaded);
        tm_say(protocol, " of ");
        tm_say_unsigned(protocol, protocol->load_bytes);
        tm_say_line(protocol, " bytes]");
        return false;
    }
    if (tm_input_is_kept(protocol)) {
        return true;
    }
    if (times > 1) {
        tm_say_line(protocol,
                    "e-[No RAM to keep the input: only 'infer 1 0' after each 'db load']");
        return false;
    }
    return tm_command_has_fresh_input(protocol);
}

void tm_command_infer(tm_protocol *protocol) {
    uint32_t times = 1;
    uint32_t warmup = 10;
    const char *const n = tm_next_word(protocol);
    const char *const w = n == NULL ? NULL : tm_next_word(protocol);
    if (n != NULL && (!tm_parse_unsigned(n, TM_INFERENCES_MAX, &times) || times == 0)) {
        tm_say_line(protocol, "e-[Inference iterations must be >0 and at most 100000]");
    } else if (w != NULL && !tm_parse_unsigned(w, TM_INFERENCES_MAX, &warmup)) {
        tm_say_line(protocol, "e-[Inference warmup must be >=0 and at most 100000]");
    } else if (has_input_for(protocol, times + warmup)) {
        protocol->run = 0;
        protocol->has_run = infer(protocol, times, warmup);
        if (protocol->has_run) {
            tm_command_results(protocol);
        }
    }
}

/* Of features that "db" brought: not after "tm put", which brings an input without them. */
static void say_error(tm_protocol *protocol) {
    if (protocol->needs_load) {
        tm_say_line(protocol, "e-[No features to compare with: 'db load' them]");
        return;
    }
    tm_say(protocol, "m-results-[");
    tm_say_float(protocol, tm_load_error(protocol), 3);
    tm_say_line(protocol, "]");
}

void tm_command_results(tm_protocol *protocol) {
    if (!protocol->has_run) {
        tm_say_line(protocol, "e-[No inference yet]");
        return;
    }
    if (tm_load_has_error(protocol)) {
        say_error(protocol);
        return;
    }
    const char *separator = "m-results-[";
    for (uint32_t i = 0; i < tm_model.outputs; i++) {
        const tm_tensor *const output = tm_model_output(i);
        const uint32_t elements = tm_tensor_elements(output);
        for (uint32_t k = 0; k < elements; k++) {
            tm_say(protocol, separator);
            tm_say_float(protocol, tm_tensor_value(output, k), 3);
            separator = ",";
        }
    }
    tm_say_line(protocol, "]");
}
