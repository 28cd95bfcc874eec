/* SPDX-License-Identifier: Apache-2.0
 *
 * Two models in one program, by turns: the inputs of both come from stdin, their outputs go to
 * stdout. FIRST and SECOND are their names. */
#include <stdio.h>

#include "tm_model.h"

#define JOIN(a, b) a##b
#define SYMBOL(name, what) JOIN(name, what)
#define DECLARE(name)                                                                              \
    extern const tm_model_info SYMBOL(name, _info);                                                \
    extern const tm_tensor SYMBOL(name, _inputs)[];                                                \
    extern const tm_tensor SYMBOL(name, _outputs)[];                                               \
    extern const char *const SYMBOL(name, _layer_names)[];                                         \
    int SYMBOL(name, _invoke)(tm_layer_hook hook);

DECLARE(FIRST)
DECLARE(SECOND)

static int take(const tm_model_info *info, const tm_tensor *inputs) {
    for (uint32_t i = 0; i < info->inputs; i++) {
        if (fread(inputs[i].data, 1, inputs[i].bytes, stdin) != inputs[i].bytes) {
            return 0;
        }
    }
    return 1;
}

static void give(const tm_model_info *info, const tm_tensor *outputs) {
    for (uint32_t i = 0; i < info->outputs; i++) {
        fwrite(outputs[i].data, 1, outputs[i].bytes, stdout);
    }
}

int main(void) {
    while (take(&SYMBOL(FIRST, _info), SYMBOL(FIRST, _inputs))) {
#ifdef SHARED
        SYMBOL(FIRST, _invoke)(NULL);
        give(&SYMBOL(FIRST, _info), SYMBOL(FIRST, _outputs));
        take(&SYMBOL(SECOND, _info), SYMBOL(SECOND, _inputs));
        SYMBOL(SECOND, _invoke)(NULL);
#else
        take(&SYMBOL(SECOND, _info), SYMBOL(SECOND, _inputs));
        SYMBOL(FIRST, _invoke)(NULL);
        SYMBOL(SECOND, _invoke)(NULL);
        give(&SYMBOL(FIRST, _info), SYMBOL(FIRST, _outputs));
#endif
        give(&SYMBOL(SECOND, _info), SYMBOL(SECOND, _outputs));
    }
    return tm_model.layers == SYMBOL(FIRST, _info).layers ? 0 : 1;
}
