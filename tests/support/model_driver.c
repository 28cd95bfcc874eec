/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a model over samples: all inputs of a sample from stdin, all its outputs to stdout. The
 * layers' names go to stderr when the first argument says so. */
#include <stdio.h>
#include <string.h>

#include "tm_model.h"

static void count_layer(void *context, uint32_t layer) {
    uint32_t *const hooks = context;
    *hooks = layer == *hooks ? *hooks + 1u : UINT32_MAX;
}

static int read_inputs(void) {
    for (uint32_t i = 0; i < tm_model.inputs; i++) {
        const tm_tensor *tensor = tm_model_input(i);
        if (fread(tensor->data, 1, tensor->bytes, stdin) != tensor->bytes) {
            return 0;
        }
    }
    return 1;
}

static int check_ends(void) {
    if (tm_model_input(tm_model.inputs) != NULL || tm_model_output(tm_model.outputs) != NULL) {
        return 0;
    }
    return strcmp(tm_model_layer_name(tm_model.layers), "") == 0;
}

int main(int count, char **arguments) {
    if (tm_model_init() != 0 || !check_ends()) {
        return 2;
    }
    if (count > 1 && strcmp(arguments[1], "layers") == 0) {
        for (uint32_t i = 0; i < tm_model.layers; i++) {
            printf("%s\n", tm_model_layer_name(i));
        }
        return 0;
    }
    for (uint32_t sample = 0; read_inputs(); sample++) {
        uint32_t hooks = 0;
        /* With the hook and without it by turns: it must make no difference. */
        if (tm_model_invoke(sample % 2 == 0 ? count_layer : NULL, &hooks) != 0) {
            return 3;
        }
        if (sample % 2 == 0 && hooks != tm_model.layers) {
            return 4;
        }
        for (uint32_t i = 0; i < tm_model.outputs; i++) {
            const tm_tensor *tensor = tm_model_output(i);
            fwrite(tensor->data, 1, tensor->bytes, stdout);
        }
    }
    return 0;
}
