/* SPDX-License-Identifier: Apache-2.0
 *
 * A model as a filter on this computer: the inputs of a sample after the other come on the standard
 * input; what tm_dumps lists and then all outputs go to the standard output. */
#include <stdio.h>

#include "tm_dumps.h"
#include "tm_model.h"

static void dump_layer(void *context, uint32_t layer) {
    (void)context;
    const int8_t *const arena = (const int8_t *)tm_model_input(0)->data - tm_input_offset;
    for (uint32_t i = 0; i < tm_dump_count; i++) {
        if (tm_dumps[i].layer == layer) {
            fwrite(arena + tm_dumps[i].offset, 1, tm_dumps[i].bytes, stdout);
        }
    }
}

static int read_inputs(void) {
    for (uint32_t i = 0; i < tm_model.inputs; i++) {
        const tm_tensor *const tensor = tm_model_input(i);
        if (fread(tensor->data, 1, tensor->bytes, stdin) != tensor->bytes) {
            return 0;
        }
    }
    return 1;
}

int main(void) {
    if (tm_model_init() != 0) {
        return 2;
    }
    while (read_inputs()) {
        if (tm_model_invoke(tm_dump_count > 0 ? dump_layer : NULL, NULL) != 0) {
            return 3;
        }
        for (uint32_t i = 0; i < tm_model.outputs; i++) {
            const tm_tensor *const tensor = tm_model_output(i);
            fwrite(tensor->data, 1, tensor->bytes, stdout);
        }
    }
    return 0;
}
