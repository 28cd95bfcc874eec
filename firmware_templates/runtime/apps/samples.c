/* SPDX-License-Identifier: Apache-2.0
 *
 * The samples in the firmware, one after the other: which class the model sees in each, how sure
 * it is, and which is right. The LED changes with each sample. */
#include "tm_app.h"
#include "tm_app_samples.h"
#include "tm_app_say.h"
#include "tm_model.h"
#include "tm_tensor.h"

const uint32_t tm_app_steps_a_second = 4;

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

void tm_app_step(uint32_t step) {
    const int32_t sample = tm_app_run_sample(step);
    if (sample >= 0) {
        say_result((uint32_t)sample);
    }
}
