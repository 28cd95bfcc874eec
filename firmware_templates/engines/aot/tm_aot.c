/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_model.h for one model compiled ahead of time: the one that the generated tm_aot.h names. */
#include "tm_aot.h"

#include <stddef.h>

const tm_model_info tm_model = TM_AOT_INFO;

int tm_model_init(void) {
    tm_model_reset();
    return 0;
}

const tm_tensor *tm_model_input(uint32_t index) {
    return index < tm_model.inputs ? &tm_aot_inputs[index] : NULL;
}

const tm_tensor *tm_model_output(uint32_t index) {
    return index < tm_model.outputs ? &tm_aot_outputs[index] : NULL;
}

const char *tm_model_layer_name(uint32_t layer) {
    return layer < tm_model.layers ? tm_aot_layer_names[layer] : "";
}

void tm_model_reset(void) { tm_aot_reset(); }

int tm_model_invoke(tm_layer_hook hook, void *context) { return tm_aot_invoke(hook, context); }

bool tm_model_is_due(void) { return tm_aot_is_due(); }
