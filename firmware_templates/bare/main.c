/* SPDX-License-Identifier: Apache-2.0
 *
 * A model alone on a core, for the emulator: no port, no line. Runs each of the rows and notes what
 * the cycle counter says of each layer; then stops at a breakpoint. */
#include "bare_config.h"
#include "tm_cortex_m.h"
#include "tm_model.h"
#include "tm_port.h"

extern const uint8_t tm_bare_rows[];
void tm_fault_entry(void);

uint32_t tm_bare_counts[TM_BARE_ROWS][TM_BARE_LAYERS];
uint32_t tm_bare_done;
static uint32_t row, layer_start;

static void note_layer(void *context, uint32_t layer) {
    (void)context;
    tm_bare_counts[row][layer] = tm_port_cycles() - layer_start;
    layer_start = tm_port_cycles();
}

static void set_inputs(const uint8_t *from) {
    for (uint32_t i = 0; i < tm_model.inputs; i++) {
        const tm_tensor *tensor = tm_model_input(i);
        for (uint32_t at = 0; at < tensor->bytes; at++) {
            ((uint8_t *)tensor->data)[at] = *from++;
        }
    }
}

__attribute__((naked, used)) void tm_fault_entry(void) { __asm volatile("bkpt #1"); }

int main(void) {
    int code = tm_model_init();
    for (row = 0; row < TM_BARE_ROWS && code == 0; row++) {
        tm_model_reset();
        set_inputs(tm_bare_rows + row * TM_BARE_ROW_BYTES);
        layer_start = tm_port_cycles();
        code = tm_model_invoke(note_layer, 0);
    }
    tm_bare_done = code == 0;
    __asm volatile("bkpt #0");
    return 0;
}
