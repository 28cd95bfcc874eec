/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of tm_model.h that is the same for every model compiled ahead of time. */
#include "tm_aot.h"

#include <stddef.h>

int tm_model_init(void) { return 0; }

const tm_tensor *tm_model_input(uint32_t index) {
    return index < tm_model.inputs ? &tm_aot.inputs[index] : NULL;
}

const tm_tensor *tm_model_output(uint32_t index) {
    return index < tm_model.outputs ? &tm_aot.outputs[index] : NULL;
}

const char *tm_model_layer_name(uint32_t layer) {
    return layer < tm_model.layers ? tm_aot.layer_names[layer] : "";
}
