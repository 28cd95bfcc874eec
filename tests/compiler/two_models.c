/* SPDX-License-Identifier: Apache-2.0
 *
 * Two models in one program, by turns: the inputs of both come from stdin, their outputs go to
 * stdout. The models are called small and net5. */
#include <stdio.h>

#include "net5.h"
#include "small.h"
#include "tm_model.h"

static int take(void *input, size_t bytes) { return fread(input, 1, bytes, stdin) == bytes; }

static int take_both(void) {
    return take(net5_input(), NET5_INPUT_BYTES) && take(net5_input1(), NET5_INPUT1_BYTES);
}

static void give(const void *output, size_t bytes) { fwrite(output, 1, bytes, stdout); }

int main(void) {
    small_init();
    net5_init();
    while (take(small_input(), SMALL_INPUT_BYTES)) {
#ifdef SHARED
        small_invoke();
        give(small_output(), SMALL_OUTPUT_BYTES);
        take_both();
        net5_invoke();
#else
        take_both();
        small_invoke();
        net5_invoke();
        give(small_output(), SMALL_OUTPUT_BYTES);
#endif
        give(net5_output(), NET5_OUTPUT_BYTES);
    }
    return tm_model.layers == SMALL_LAYERS ? 0 : 1;
}
