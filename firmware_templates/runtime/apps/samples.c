/* SPDX-License-Identifier: Apache-2.0
 *
 * The samples in the firmware, one after the other: which class the model sees in each, how sure
 * it is, and which is right. The LED changes with each sample. */
#include <stddef.h>

#include "app_data.h"
#include "tm_app.h"
#include "tm_model.h"
#include "tm_port.h"
#include "tm_tensor.h"

static uint32_t best_class(const tm_tensor *output) {
    const uint32_t classes = tm_tensor_elements(output);
    uint32_t best = 0;
    for (uint32_t i = 1; i < classes; i++) {
        if (tm_tensor_value(output, i) > tm_tensor_value(output, best)) {
            best = i;
        }
    }
    return best;
}

void tm_app_append_label(tm_text *text, uint32_t index) {
    if (index < tm_app.labels) {
        tm_text_string(text, tm_app.label[index]);
    } else {
        tm_text_unsigned(text, index);
    }
}

void tm_app_append_expected(tm_text *text, uint32_t sample) {
    if (tm_app.expected != NULL && tm_app.expected[sample] >= 0) {
        tm_text_string(text, " expected ");
        tm_app_append_label(text, (uint32_t)tm_app.expected[sample]);
    }
}

int32_t tm_app_run_sample(uint32_t step) {
    if (tm_app.samples == 0 || tm_app.sample_bytes != tm_model_input_bytes()) {
        return -1;
    }
    const uint32_t sample = step % tm_app.samples;
    tm_model_set_inputs((const uint8_t *)tm_app.sample + sample * tm_app.sample_bytes);
    tm_model_reset(); /* each sample stands for itself */
    if (tm_model_invoke(NULL) != 0) {
        return -1;
    }
    tm_port_led(step % 2u == 0 ? 255u : 0u);
    return (int32_t)sample;
}

static void say_result(uint32_t sample) {
    const tm_tensor *const output = tm_model_output(0);
    const uint32_t best = best_class(output);
    char line[160];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "sample ");
    tm_text_unsigned(&text, sample);
    tm_text_string(&text, ": ");
    tm_app_append_label(&text, best);
    tm_text_string(&text, " (");
    tm_text_float(&text, tm_tensor_value(output, best), 3);
    tm_text_string(&text, ")");
    tm_app_append_expected(&text, sample);
    tm_app_say(&text);
}

void tm_app_samples_step(uint32_t step) {
    const int32_t sample = tm_app_run_sample(step);
    if (sample >= 0) {
        say_result((uint32_t)sample);
    }
}
